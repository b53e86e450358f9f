//! Checksum fields of headers, and what the stack knows about the packet's checksum.

use skep_exec::{HelperCall, HelperResult};
use skep_memory::RacyBytes;
use skep_object::Errno;

use crate::helpers::call::{answer, done, ensure, negative, skb, word};
use crate::helpers::checksum::{add, fold, sub};
use crate::test_run::packet::{Checksum, SkBuff};

const FIELD_SIZE: u64 = 0xf;
const PSEUDO_HDR: u64 = 0x10;
const MARK_MANGLED_0: u64 = 0x20;
const MARK_ENFORCE: u64 = 0x40;
const IPV6: u64 = 0x80;

pub(crate) fn l3_csum_replace(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let [_, offset, from, to, flags] = call.args();
    let result = replace_l3(skb, offset as u32, from, to, flags);
    skb.moved(call.run());
    done(result)
}

fn replace_l3(skb: &SkBuff, offset: u32, from: u64, to: u64, flags: u64) -> Result<(), Errno> {
    ensure(flags & !FIELD_SIZE == 0, Errno::EINVAL)?;
    let field = field(skb, offset)?;
    let change = Change::new(flags & FIELD_SIZE, from, to)?;
    write(field, change.apply(read(field)));
    Ok(())
}

pub(crate) fn l4_csum_replace(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let [_, offset, from, to, flags] = call.args();
    let result = replace_l4(skb, offset as u32, from, to, flags);
    skb.moved(call.run());
    done(result)
}

fn replace_l4(skb: &SkBuff, offset: u32, from: u64, to: u64, flags: u64) -> Result<(), Errno> {
    let known = FIELD_SIZE | PSEUDO_HDR | MARK_MANGLED_0 | MARK_ENFORCE | IPV6;
    ensure(flags & !known == 0, Errno::EINVAL)?;
    let field = field(skb, offset)?;
    let keep_zero = flags & MARK_MANGLED_0 != 0;
    if keep_zero && flags & MARK_ENFORCE == 0 && read(field) == 0 {
        return Ok(());
    }
    let change = Change::new(flags & FIELD_SIZE, from, to)?;
    write(field, change.apply(read(field)));
    if flags & PSEUDO_HDR != 0 {
        change.follow(skb, flags);
    }
    if keep_zero && read(field) == 0 {
        write(field, 0xffff);
    }
    Ok(())
}

/// How a summed value changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Change {
    /// By this sum.
    By(u32),
    /// From one value to another, in network order.
    FromTo(u32, u32),
}

impl Change {
    /// `size` 0: `to` is the difference; 2 or 4: bytes of both values. EINVAL.
    fn new(size: u64, from: u64, to: u64) -> Result<Self, Errno> {
        match size {
            0 => ensure(from == 0, Errno::EINVAL).map(|()| Self::By(to as u32)),
            2 => Ok(Self::FromTo(u32::from(from as u16), u32::from(to as u16))),
            4 => Ok(Self::FromTo(from as u32, to as u32)),
            _ => Err(Errno::EINVAL),
        }
    }

    /// The checksum after the change.
    fn apply(self, checksum: u16) -> u16 {
        let sum = !u32::from(checksum);
        match self {
            Self::By(difference) => fold(add(difference, sum)),
            Self::FromTo(from, to) => fold(add(sub(sum, from), to)),
        }
    }

    /// A complete checksum of the packet loses what the field gained, since the pseudo header is not in the packet.
    fn follow(self, skb: &SkBuff, flags: u64) {
        let Checksum::Complete(sum) = skb.checksum.get() else {
            return;
        };
        let sum = match self {
            Self::By(_) if flags & IPV6 != 0 => sum,
            Self::By(difference) => !sub(difference, sum),
            Self::FromTo(from, to) => !add(sub(!sum, from), to),
        };
        skb.checksum.set(Checksum::Complete(sum));
    }
}

/// The checksum field at an offset. EFAULT.
fn field(skb: &SkBuff, offset: u32) -> Result<RacyBytes<'_>, Errno> {
    ensure(offset <= 0xffff && offset & 1 == 0, Errno::EFAULT)?;
    skb.packet().part(offset as usize, 2).ok_or(Errno::EFAULT)
}

fn read(field: RacyBytes<'_>) -> u16 {
    let mut bytes = [0; 2];
    // The field has two bytes.
    let _ = field.copy_out(0, &mut bytes);
    u16::from_ne_bytes(bytes)
}

fn write(field: RacyBytes<'_>, value: u16) {
    // The field has two bytes.
    let _ = field.copy_in(0, &value.to_ne_bytes());
}

pub(crate) fn csum_update(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    match skb.checksum.get() {
        Checksum::Complete(sum) => {
            let sum = add(sum, word(call, 1));
            skb.checksum.set(Checksum::Complete(sum));
            Ok(u64::from(sum))
        }
        Checksum::None | Checksum::Unnecessary { .. } => Ok(negative(Errno::ENOTSUPP)),
    }
}

/// SKB_MAX_CSUM_LEVEL.
const LEVEL_MAX: u8 = 3;

pub(crate) fn csum_level(call: &HelperCall<'_, '_>) -> HelperResult {
    let skb = skb(call)?;
    let state = skb.checksum.get();
    let next = match (call.arg(1), state) {
        (0, Checksum::Unnecessary { level }) => {
            return answer(Ok(u64::from(level)));
        }
        (0, Checksum::None | Checksum::Complete(_)) => return Ok(negative(Errno::EACCES)),
        (1, Checksum::Unnecessary { level }) => Checksum::Unnecessary {
            level: (level + 1).min(LEVEL_MAX),
        },
        (1, Checksum::None) => Checksum::Unnecessary { level: 0 },
        (2, Checksum::Unnecessary { level: 0 }) => Checksum::None,
        (2, Checksum::Unnecessary { level }) => Checksum::Unnecessary { level: level - 1 },
        (3, Checksum::Unnecessary { .. }) => Checksum::None,
        (1..=3, unchanged) => unchanged,
        _ => return Ok(negative(Errno::EINVAL)),
    };
    skb.checksum.set(next);
    Ok(0)
}
