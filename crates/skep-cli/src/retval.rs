//! Names of return values, by program type.

use skep_uapi::ProgType;

const XDP: [&str; 5] = [
    "XDP_ABORTED",
    "XDP_DROP",
    "XDP_PASS",
    "XDP_TX",
    "XDP_REDIRECT",
];
const TC: [&str; 10] = [
    "TC_ACT_UNSPEC",
    "TC_ACT_OK",
    "TC_ACT_RECLASSIFY",
    "TC_ACT_SHOT",
    "TC_ACT_PIPE",
    "TC_ACT_STOLEN",
    "TC_ACT_QUEUED",
    "TC_ACT_REPEAT",
    "TC_ACT_REDIRECT",
    "TC_ACT_TRAP",
];

/// The name of a return value, if its type gives it one.
pub(crate) fn name(prog_type: ProgType, value: u32) -> Option<&'static str> {
    let index = usize::try_from(value).ok()?;
    match prog_type {
        ProgType::Xdp => XDP.get(index).copied(),
        // They begin with -1.
        ProgType::SchedCls | ProgType::SchedAct => TC.get(value.wrapping_add(1) as usize).copied(),
        ProgType::CgroupSkb => ["drop", "pass"].get(index).copied(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_linuxs() {
        assert_eq!(name(ProgType::Xdp, 2), Some("XDP_PASS"));
        assert_eq!(name(ProgType::Xdp, 5), None);
        assert_eq!(name(ProgType::SchedCls, 2), Some("TC_ACT_SHOT"));
        assert_eq!(name(ProgType::SchedCls, u32::MAX), Some("TC_ACT_UNSPEC"));
        assert_eq!(name(ProgType::SocketFilter, 0), None);
    }
}
