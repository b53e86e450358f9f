//! Kernel functions: dynptrs, iterators, sections. The kernel BTF is a small one of just these functions, so ids differ from any
//! kernel's, but verdicts and lines do not.

mod environment;
mod programs;

use environment::TestEnvironment;
use programs::{CASES, Expected};
use skep_uapi::Errno;

#[test]
fn programs_are_judged_as_by_linux() {
    let environment = TestEnvironment::new();
    for case in CASES {
        let (errno, line) = environment.verdict(case.text);
        match case.expected {
            Expected::Accept => assert_eq!(errno, None, "{}: {line}", case.name),
            Expected::Reject(wanted, text) => {
                let wanted = Errno::from_name(wanted);
                assert_eq!((errno, line.as_str()), (wanted, text), "{}", case.name);
            }
        }
    }
}
