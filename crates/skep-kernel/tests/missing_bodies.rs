//! A program that calls a helper without a body here is loaded; running it says which helper it is.

use skep_isa::RawInsn;
use skep_kernel::{Client, Identity, Kernel, MapSpec, ProgSpec, TestRunSpec};
use skep_uapi::{ElemFlags, Errno, HelperId, MapType, ProgType};

const MOV: u8 = 0xb7;
const CALL: u8 = 0x85;
const EXIT: u8 = 0x95;

/// Its only argument is the context.
fn body(name: &str) -> Option<skep_kernel::HelperFn> {
    skep_kernel::helpers::helper_body(ProgType::SchedCls, HelperId::from_name(name)?)
}

#[test]
fn loading_works_and_running_names_the_helper() {
    let name = [
        "bpf_skb_cgroup_id",
        "bpf_get_route_realm",
        "bpf_skb_cgroup_classid",
    ]
    .into_iter()
    .find(|name| body(name).is_none())
    .expect("this test needs a helper without a body");
    let helper = HelperId::from_name(name).unwrap();
    let kernel = Kernel::builder_for(Identity::without_btf()).build();
    let client = Client::new(&kernel);
    let insns = vec![
        RawInsn::new(CALL, 0, 0, 0, helper.0 as i32),
        RawInsn::new(MOV, 0, 0, 0, 0),
        RawInsn::new(EXIT, 0, 0, 0, 0),
    ];
    let loaded = client.prog_load(&ProgSpec::new(ProgType::SchedCls, insns));
    let prog = loaded.result.unwrap();

    let run = TestRunSpec {
        data: vec![0; 64],
        ..TestRunSpec::default()
    };
    let error = client.prog_test_run(prog, &run).result.unwrap_err();
    assert_eq!(error.errno, Errno::ENOTSUPP);
    assert!(error.why.contains(name), "{error}");

    // Nor can another program call it: a prog array has no place for what cannot run.
    let array = MapSpec::new(MapType::ProgArray, 4, 4, 1);
    let array = client.map_create(&array).unwrap();
    let key = 0_u32.to_ne_bytes();
    let put = client.map_update(array, &key, &prog.0.to_ne_bytes(), ElemFlags::empty());
    assert_eq!(put.unwrap_err().errno, Errno::ENOTSUPP);
}
