//! `skep fire`: runs the programs at a hook of the session this command is in.

use anyhow::{Context, Result, bail};
use skep_intercept::Inside;
use skep_intercept::control::{ControlError, FireAt, Reply, Request};

use crate::Verdict;

/// Fire a tracepoint: run what is attached to it, inside `skep run`
///
/// The programs see the given arguments and run once, as in a test run. Exit status: 0 all of them ran, 1 one of them
/// could not, 2 nothing was tried.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How the hook is named
    #[arg(value_enum)]
    by: By,
    /// Id of a link, path of its pin, or name of a tracepoint (all its links)
    name: String,
    /// Arguments as bytes in hexadecimal, 8 for each in this machine's order
    #[arg(long, value_name = "HEX", conflicts_with = "args")]
    data: Option<String>,
    /// An argument as a number, decimal or 0x...; may be repeated
    #[arg(long = "arg", value_name = "NUMBER", allow_negative_numbers = true)]
    args: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum By {
    Id,
    Pinned,
    Tracepoint,
}

pub(crate) fn run(args: &Args) -> Result<Verdict> {
    let request = Request::Fire {
        at: at(args)?,
        args: arguments(args)?,
    };
    let inside = Inside::find()?.ok_or(ControlError::Outside)?;
    let Reply::Fired(programs) = inside.ask(&request)? else {
        bail!("the supervisor answers something else");
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&programs)?);
    } else if programs.is_empty() {
        println!("nothing is attached there");
    }
    let mut verdict = Verdict::Accepted;
    for program in &programs {
        let what = match (&program.retval, &program.error) {
            (Some(retval), _) => format!("returned {}", retval.cast_signed()),
            (None, Some(why)) => format!("did not run: {why}"),
            (None, None) => "did not run".to_owned(),
        };
        if program.retval.is_none() {
            verdict = Verdict::Rejected;
        }
        if !args.json {
            println!("program {} {what}", program.prog_id);
        }
    }
    Ok(verdict)
}

fn at(args: &Args) -> Result<FireAt> {
    let name = &args.name;
    Ok(match args.by {
        By::Id => {
            let id = name.parse();
            FireAt::Link(id.with_context(|| format!("{name} is no id of a link"))?)
        }
        By::Pinned => FireAt::Pinned(name.clone()),
        By::Tracepoint => FireAt::Tracepoint(name.clone()),
    })
}

fn arguments(args: &Args) -> Result<Vec<u8>> {
    if let Some(text) = &args.data {
        return hex(text);
    }
    let numbers = args.args.iter().map(|text| number(text));
    let numbers = numbers.collect::<Result<Vec<u64>>>()?;
    Ok(numbers.iter().flat_map(|n| n.to_ne_bytes()).collect())
}

fn number(text: &str) -> Result<u64> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text
            .parse()
            .ok()
            .or_else(|| text.parse::<i64>().ok().map(i64::cast_unsigned)),
    };
    parsed.with_context(|| format!("{text} is no number of 64 bits"))
}

/// Bytes of `0102ff`, `01 02 ff`, `0x0102ff`.
fn hex(text: &str) -> Result<Vec<u8>> {
    let digits: String = text.split_whitespace().collect();
    let digits = digits.strip_prefix("0x").unwrap_or(&digits);
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        bail!("--data has half a byte");
    }
    let byte = |pair: &[u8; 2]| {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let [high, low] = pair.map(digit);
        u8::try_from(high? << 4 | low?).ok()
    };
    let bytes = pairs.iter().map(byte).collect::<Option<Vec<u8>>>();
    bytes.context("--data is not hexadecimal")
}

#[cfg(test)]
mod tests {
    use super::{hex, number};

    #[test]
    fn arguments_are_read() {
        assert_eq!(hex("0x0102 ff").unwrap(), [1, 2, 255]);
        assert!(hex("").unwrap().is_empty());
        assert!(hex("012").is_err());
        assert!(hex("+1").is_err());
        assert_eq!(number("-1").unwrap(), u64::MAX);
        assert_eq!(number("0xff").unwrap(), 255);
        assert!(number("x").is_err());
    }
}
