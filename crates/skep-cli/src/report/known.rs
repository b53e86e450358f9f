//! What the verifier knew at an instruction, read back from its log.
//!
//! A log holds the state at the start of each path (`0: R1=ctx() R10=fp0`, `from 4 to 20: ...`) and after each instruction
//! the parts that changed (`7: (07) r2 += -4   ; R2=fp-4`). The last of each part is what was known at the end.

use super::steps;

/// Registers and stack slots with their contents, as the log words them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    parts: Vec<(String, String)>,
}

impl Known {
    /// The state before the last instruction of a log.
    pub(crate) fn at_end(log: &str) -> Self {
        let mut known = Self::default();
        for line in log.lines() {
            known.line(line);
        }
        known.parts.sort_by_key(|(name, _)| order(name));
        known
    }

    /// The parts: `R1`, `fp-8`, `refs` and the like, registers first.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn line(&mut self, line: &str) {
        if line.starts_with(';') {
            return;
        }
        let Some((head, rest)) = line.split_once(": ") else {
            return;
        };
        let is_insn = rest.starts_with('(') && head.bytes().all(|byte| byte.is_ascii_digit());
        if is_insn {
            if let Some((_, state)) = rest.split_once(" ; ") {
                self.take(state);
            }
        } else if head.starts_with("from ") || head.bytes().all(|byte| byte.is_ascii_digit()) {
            self.parts.clear();
            self.take(rest);
        }
    }

    fn take(&mut self, state: &str) {
        for (name, value) in steps::parts(state) {
            match self.parts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => self.parts.push((name, value)),
            }
        }
    }
}

/// Registers by number, then the stack from its top, then the rest.
fn order(name: &str) -> (u32, u32) {
    let number = |text: &str| text.parse().unwrap_or(0);
    match (name.strip_prefix('R'), name.strip_prefix("fp-")) {
        (Some(register), _) => (0, number(register)),
        (None, Some(slot)) => (1, number(slot)),
        (None, None) => (2, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_each_part_counts() {
        let log = "0: R1=ctx() R10=fp0\n\
                   ; int x = 1; @ a.c:3\n\
                   0: (b7) r2 = 1                        ; R2=1\n\
                   1: (63) *(u32 *)(r10 -4) = r2         ; R2=1 R10=fp0 fp-8=mmmm????\n\
                   from 1 to 5: R0=scalar(smin=1, smax=2) R10=fp0\n\
                   5: (b7) r0 = 0                        ; R0=0\n\
                   6: (79) r1 = *(u64 *)(r0 +0)\n\
                   R0 invalid mem access 'scalar'\n";
        let known = Known::at_end(log);
        let parts: Vec<_> = known.parts().collect();
        assert_eq!(parts, [("R0", "0"), ("R10", "fp0")]);
        let first: String = log
            .lines()
            .take(4)
            .map(|line| format!("{line}\n"))
            .collect();
        let names: Vec<_> = Known::at_end(&first)
            .parts()
            .map(|(name, _)| name.to_owned())
            .collect();
        assert_eq!(names, ["R1", "R2", "R10", "fp-8"]);
    }
}
