//! [`Reg`]: the number of one of the eleven registers.

use core::fmt;

/// A register a program may name: `r0` to `r10`.
///
/// The only ways in are the constants and [`Reg::new`], so a held `Reg` indexes an array of [`Reg::COUNT`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reg(u8);

impl Reg {
    /// How many registers there are.
    pub const COUNT: usize = 11;
    /// Return value.
    pub const R0: Reg = Reg(0);
    /// First argument; the context at entry.
    pub const R1: Reg = Reg(1);
    /// Second argument.
    pub const R2: Reg = Reg(2);
    /// Third argument.
    pub const R3: Reg = Reg(3);
    /// Fourth argument.
    pub const R4: Reg = Reg(4);
    /// Fifth argument.
    pub const R5: Reg = Reg(5);
    /// Callee saved; the packet for `LD_ABS` and `LD_IND`.
    pub const R6: Reg = Reg(6);
    /// Callee saved.
    pub const R7: Reg = Reg(7);
    /// Callee saved.
    pub const R8: Reg = Reg(8);
    /// Callee saved.
    pub const R9: Reg = Reg(9);
    /// The frame pointer, read only.
    pub const R10: Reg = Reg(10);
    /// The frame pointer under its role's name.
    pub const FP: Reg = Reg::R10;

    /// The register of that number, or `None` above 10.
    pub const fn new(number: u8) -> Option<Reg> {
        if number <= 10 {
            Some(Reg(number))
        } else {
            None
        }
    }

    /// Its number, 0 to 10.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Its number as an index below [`Reg::COUNT`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// All registers from `r0` to `r10`.
    pub fn all() -> impl DoubleEndedIterator<Item = Reg> {
        (0..=10).map(Reg)
    }
}

impl fmt::Display for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

impl fmt::Debug for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
