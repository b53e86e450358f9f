//! The path that failed, read back from a level 1 log: its instructions in the order they were walked, and what each made known.

/// One walked instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Its index.
    pub(crate) insn: u32,
    /// Names of registers and slots with their contents after it, as the log words them.
    pub(crate) after: Vec<(String, String)>,
}

impl Step {
    /// What a register or slot holds after it, if it changed.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let found = self.after.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The walked instructions of a log. At level 1 other paths were cut out of it.
pub(crate) fn parse(log: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in log.lines() {
        let Some((head, rest)) = line.split_once(": ") else {
            continue;
        };
        let Ok(insn) = head.parse::<u32>() else {
            continue;
        };
        if rest.starts_with('(') {
            let state = rest.split_once(" ; ").map_or("", |(_, state)| state);
            steps.push(Step {
                insn,
                after: parts(state).collect(),
            });
        } else if let Some(last) = steps.last_mut() {
            // A state on a line of its own is what is known before `insn`, so after the step before.
            last.after.extend(parts(rest));
        }
    }
    steps
}

/// The `NAME=VALUE` parts of a state.
pub(crate) fn parts(state: &str) -> impl Iterator<Item = (String, String)> {
    words(state).into_iter().filter_map(|word| {
        let (name, value) = word.split_once('=')?;
        let name = name.strip_suffix("_w").unwrap_or(name);
        is_name(name).then(|| (name.to_owned(), value.to_owned()))
    })
}

/// Splits at spaces outside of parentheses.
fn words(state: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut depth = 0_u32;
    for c in state.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 => {
                words.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words
}

fn is_name(name: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name.strip_prefix('R').is_some_and(number)
        || name.strip_prefix("fp-").is_some_and(number)
        || name == "refs"
        || name == "cb"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_with_what_they_made_known() {
        let log = "0: R1=ctx() R10=fp0\n\
                   ; int x = 1; @ a.c:3\n\
                   0: (b7) r2 = 1                        ; R2_w=1\n\
                   2: (85) call bpf_map_lookup_elem#1\n\
                   3: R0=map_value_or_null(id=1,map=m,ks=4,vs=8)\n\
                   3: (79) r1 = *(u64 *)(r0 +0)\n\
                   R0 invalid mem access 'map_value_or_null'\n";
        let steps = parse(log);
        let insns: Vec<u32> = steps.iter().map(|step| step.insn).collect();
        assert_eq!(insns, [0, 2, 3]);
        assert_eq!(steps[0].value("R2"), Some("1"));
        assert_eq!(
            steps[1].value("R0"),
            Some("map_value_or_null(id=1,map=m,ks=4,vs=8)")
        );
    }
}
