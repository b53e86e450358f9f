//! The table of bodies against the catalog's word.

use skep_catalog::support::{self, Support};
use skep_uapi::{HelperId, ProgType};

use super::helper_body;

#[test]
fn every_body_is_listed_as_supported_and_the_other_way_round() {
    for id in HelperId::all() {
        let has_body = ProgType::ALL
            .into_iter()
            .any(|prog_type| helper_body(prog_type, id).is_some());
        // Tail calls are the executors' own.
        let runs = has_body || id == HelperId::TAIL_CALL;
        let listed = support::helper(id) != Support::Absent;
        assert_eq!(runs, listed, "{:?}", id.name());
    }
}
