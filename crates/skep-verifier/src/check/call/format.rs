//! Format strings of bpf_snprintf: what Linux's own small parser accepts.

/// Whether a format string is good for `args` arguments; more arguments than conversions is fine.
pub(super) fn is_good_format(text: &[u8], args: u64) -> bool {
    let mut rest = Cursor(text);
    let mut used = 0;
    while let Some(byte) = rest.take() {
        let visible = byte >= 0x80 || byte.is_ascii_graphic() || is_space(byte);
        if !visible {
            return false;
        }
        if byte != b'%' || rest.take_if(|next| next == b'%') {
            continue;
        }
        used += 1;
        if used > args || !rest.skip_conversion() {
            return false;
        }
    }
    true
}

/// The bytes not looked at yet.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.0.get(ahead).copied()
    }

    fn take(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take_if(&mut self, wanted: impl Fn(u8) -> bool) -> bool {
        let found = self.peek(0).is_some_and(wanted);
        if found {
            self.take();
        }
        found
    }

    /// What may follow `%`: flags, a width, and one conversion.
    fn skip_conversion(&mut self) -> bool {
        while self.take_if(|b| b"0+- ".contains(&b)) {}
        while self.take_if(|b| b.is_ascii_digit()) {}
        match self.take() {
            Some(b'p') => self.skip_pointer(),
            Some(b's') => self.at_word_end(),
            Some(b'c') => true,
            Some(b'l') => {
                self.take_if(|b| b == b'l');
                self.take_if(is_integer)
            }
            Some(byte) => is_integer(byte),
            None => false,
        }
    }

    /// What may follow `%p`.
    fn skip_pointer(&mut self) -> bool {
        if self.at_word_end() {
            return true;
        }
        match (self.take(), self.peek(0)) {
            (Some(b'k' | b'u'), Some(b's')) => {
                self.take();
                self.at_word_end()
            }
            (Some(b'K' | b'x' | b's' | b'S' | b'B'), _) => true,
            (Some(b'i' | b'I'), Some(b'4' | b'6')) => {
                self.take();
                true
            }
            (_, _) => false,
        }
    }

    fn at_word_end(&self) -> bool {
        self.peek(0)
            .is_none_or(|b| is_space(b) || b.is_ascii_punctuation())
    }
}

/// White space as C's `isspace` has it.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

fn is_integer(byte: u8) -> bool {
    b"iduxX".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::is_good_format;

    #[test]
    fn conversions_as_documented() {
        for good in [
            "%d",
            "%+05lld",
            "%%",
            "%px",
            "%pks",
            "%ps %s",
            "%pI4:%c",
            "%p",
            "%-10lu.",
            "plain\ttext\n",
        ] {
            assert!(is_good_format(good.as_bytes(), 2), "{good}");
        }
        for bad in [
            "%", "%l", "%.3d", "%n", "%hd", "%pI5", "%sx", "%d %d %d", "%llls", "\u{1}",
        ] {
            assert!(!is_good_format(bad.as_bytes(), 2), "{bad}");
        }
    }
}
