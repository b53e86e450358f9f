//! Which lines of a verifier log are compared, and how.

use std::sync::LazyLock;

use regex::Regex;

static STATISTICS: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^(verification time|stack depth|processed) "));
static TIME: LazyLock<Regex> = LazyLock::new(|| regex(r"verification time \d+ usec$"));
static PROCESSED: LazyLock<Regex> = LazyLock::new(|| regex(r"processed (\d+) insns"));
static MICROS: LazyLock<Regex> = LazyLock::new(|| regex(r"verification time (\d+) usec"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| regex(r"0x[0-9a-f]+|-?\d+"));
static STATE: LazyLock<Regex> = LazyLock::new(|| regex(r"^(\d+|from \d+ to \d+[^:]*): "));
static MAP_LOAD: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(\(18\) r\d+ = )0x[0-9a-f]+ +; ((?:frame\d+: )?R\d+(?:_w)?=map_(?:ptr|value))")
});
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| regex(r"0xffff[89a-d][0-9a-f]{11}\b"));

fn regex(pattern: &str) -> Regex {
    #[expect(clippy::unwrap_used, reason = "the patterns above are constants")]
    Regex::new(pattern).unwrap()
}

/// The last `count` lines that say something: without statistics, source lines and blank lines.
pub(crate) fn last_lines(log: &str, count: usize) -> Vec<String> {
    let mut lines: Vec<String> = log
        .lines()
        .rev()
        .map(|line| TIME.replace(line, "").into_owned())
        .filter(|line| {
            !line.trim().is_empty() && !line.starts_with("; ") && !STATISTICS.is_match(line)
        })
        .take(count)
        .collect();
    lines.reverse();
    lines
}

/// The number in "processed N insns".
pub(crate) fn processed_insns(log: &str) -> Option<u64> {
    PROCESSED.captures(log)?.get(1)?.as_str().parse().ok()
}

/// The number in "verification time N usec".
pub(crate) fn verification_micros(log: &str) -> Option<u64> {
    MICROS.captures(log)?.get(1)?.as_str().parse().ok()
}

/// A line with its numbers replaced, so that rejections of one kind count together.
pub(crate) fn shape(line: &str) -> String {
    NUMBER.replace_all(line.trim(), "N").into_owned()
}

/// The lines of a level 2 log that show instructions and states, addresses of maps and of the recording
/// machine blotted out.
pub(crate) fn state_lines(log: &str) -> Vec<String> {
    log.lines()
        .filter(|line| STATE.is_match(line))
        .map(|line| {
            let line = MAP_LOAD.replace(line.trim_end(), "${1}ADDR ; ${2}");
            ADDRESS.replace_all(&line, "ADDR").into_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "0: R1=ctx() R10=fp0\n; return 0; @ a.c:3\n0: (b7) r0 = 0 ; R0=0\n\
                       R2 !read_ok\nverification time 12 usec\nstack depth 0\nprocessed 7 insns (limit 1000000)\n";

    #[test]
    fn statistics_and_source_are_not_reasons() {
        assert_eq!(last_lines(LOG, 1), ["R2 !read_ok"]);
        assert_eq!(last_lines(LOG, 2), ["0: (b7) r0 = 0 ; R0=0", "R2 !read_ok"]);
        assert_eq!(processed_insns(LOG), Some(7));
        assert_eq!(verification_micros(LOG), Some(12));
        assert!(last_lines("", 2).is_empty());
    }

    #[test]
    fn shapes_hide_numbers() {
        assert_eq!(
            shape("invalid access to packet, off=14 size=0x4, R2"),
            shape("invalid access to packet, off=-2 size=0x8, R7")
        );
    }

    #[test]
    fn states_are_instruction_and_branch_lines() {
        assert_eq!(
            state_lines(LOG),
            ["0: R1=ctx() R10=fp0", "0: (b7) r0 = 0 ; R0=0"]
        );
        let map = "0: (18) r1 = 0xffff8881503f3000       ; R1=map_ptr(ks=4,vs=8)\n";
        let ours = "0: (18) r1 = 0x0                      ; R1=map_ptr(ks=4,vs=8)\n";
        assert_eq!(state_lines(map), state_lines(ours));
        let from = "from 3 to 5: R0=0\n1: (18) r1 = 0xffff8881503f3000\n";
        assert_eq!(
            state_lines(from),
            ["from 3 to 5: R0=0", "1: (18) r1 = ADDR"]
        );
    }
}
