//! Cases, and what the kernel and both executors make of them.

use std::sync::{Arc, OnceLock};

use skep_btf::{BtfBuilder, BtfKind, BtfLinkage, BtfTypeId, IntEncoding};
use skep_isa::asm::{RelocTarget, Symbols, assemble};
use skep_isa::{RawInsn, encode_program};
use skep_kernel::{Credentials, Engine, InProcessFds, Kernel};
use skep_uapi::attr::{BtfLoadAttr, MapCreateAttr, MapElemAttr, ProgLoadAttr, ProgTestRunAttr};
use skep_uapi::{Cmd, Errno, HelperId, MapFlags, MapType, ProgType, UserPtr};
use zerocopy::IntoBytes;

use crate::common::{Side, out, ptr};

/// A map of a case.
#[derive(Clone)]
pub(crate) struct Map {
    pub(crate) name: &'static str,
    pub(crate) map_type: MapType,
    pub(crate) key_size: u32,
    pub(crate) value_size: u32,
    pub(crate) entries: u32,
    /// Element 0, and then frozen for everyone.
    pub(crate) constant: &'static [u8],
    /// BTF, and the types of key and value in it.
    types: Option<(Vec<u8>, BtfTypeId, BtfTypeId)>,
}

impl Map {
    pub(crate) fn new(
        name: &'static str,
        map_type: MapType,
        key_size: u32,
        value_size: u32,
        entries: u32,
    ) -> Self {
        Self {
            name,
            map_type,
            key_size,
            value_size,
            entries,
            constant: &[],
            types: None,
        }
    }

    /// An array of one value for results.
    pub(crate) fn results() -> Self {
        Self::new("out", MapType::Array, 4, 256, 1)
    }

    /// With BTF.
    pub(crate) fn with_types(self, types: (Vec<u8>, BtfTypeId, BtfTypeId)) -> Self {
        Self {
            types: Some(types),
            ..self
        }
    }

    /// A constant string.
    pub(crate) fn text(name: &'static str, text: &'static [u8]) -> Self {
        Self {
            constant: text,
            ..Self::new(name, MapType::Array, 4, text.len() as u32, 1)
        }
    }
}

/// A program, its maps and what it is run on.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) prog_type: ProgType,
    pub(crate) text: String,
    pub(crate) maps: Vec<Map>,
    pub(crate) data: Vec<u8>,
    pub(crate) data_out: u32,
    pub(crate) ctx: Vec<u8>,
    pub(crate) ctx_out: u32,
    /// Labels of functions, which need BTF; the main program comes by itself.
    pub(crate) functions: Vec<&'static str>,
    /// Changes of the attr before the call.
    pub(crate) attr: fn(&mut ProgTestRunAttr),
}

impl Case {
    /// A case on an IPv4 frame, with all outputs.
    pub(crate) fn new(prog_type: ProgType, text: &str) -> Self {
        Self {
            prog_type,
            text: text.to_owned(),
            maps: vec![Map::results()],
            data: ipv4(),
            data_out: 8192,
            ctx: Vec::new(),
            ctx_out: if prog_type == ProgType::Xdp { 24 } else { 192 },
            functions: Vec::new(),
            attr: |_| {},
        }
    }

    /// A traffic control program that keeps R1 in R6 and the results' address in R9.
    pub(crate) fn tc(body: &str) -> Self {
        Self::new(
            ProgType::SchedCls,
            &format!("r6 = r1\nr9 = map_value[out]\n{body}\nr0 = 0\nexit"),
        )
    }

    /// The same for XDP.
    pub(crate) fn xdp(body: &str) -> Self {
        Self::new(
            ProgType::Xdp,
            &format!("r6 = r1\nr9 = map_value[out]\n{body}\nr0 = 2\nexit"),
        )
    }

    pub(crate) fn map(mut self, map: Map) -> Self {
        self.maps.push(map);
        self
    }
}

/// Ethernet, IPv4 with a good checksum, UDP, payload.
pub(crate) fn ipv4() -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    frame.extend([
        0x45, 0, 0, 50, 0, 1, 0, 0, 64, 17, 0x66, 0xb7, 10, 0, 0, 1, 10, 0, 0, 2,
    ]);
    frame.extend([0x13, 0x88, 0x00, 0x35, 0, 30, 0xab, 0xcd]);
    frame.extend(1..=22);
    frame
}

/// Ethernet, IPv6, UDP, payload.
pub(crate) fn ipv6() -> Vec<u8> {
    let mut frame = vec![
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 2, 0x86, 0xdd,
    ];
    frame.extend([0x60, 0, 0, 0, 0, 16, 17, 64]);
    frame.extend(1..=32);
    frame.extend([
        0x13, 0x88, 0x00, 0x35, 0, 16, 0xab, 0xcd, 1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    frame
}

/// What came of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) errno: Option<Errno>,
    pub(crate) retval: u32,
    pub(crate) data_size: u32,
    pub(crate) data: Vec<u8>,
    pub(crate) ctx_size: u32,
    pub(crate) ctx: Vec<u8>,
    pub(crate) ctx_in: Vec<u8>,
    /// Elements of the maps by name: keys and values in key order.
    pub(crate) maps: Vec<(String, Vec<Vec<u8>>)>,
}

impl Answer {
    /// A result that the program stored.
    pub(crate) fn word(&self, index: usize) -> u64 {
        let (_, elements) = &self.maps[0];
        u64::from_ne_bytes(elements[1][8 * index..8 * index + 8].try_into().unwrap())
    }

    /// The same as a signed number.
    pub(crate) fn int(&self, index: usize) -> i64 {
        self.word(index) as i64
    }
}

/// Names of helpers.
pub(crate) struct Helpers;

impl Symbols for Helpers {
    fn helper(&self, name: &str) -> Option<i32> {
        HelperId::from_name(name).map(|id| id.0 as i32)
    }
}

/// A session with an engine.
pub(crate) fn session(engine: Engine) -> Arc<Kernel> {
    static SESSIONS: OnceLock<[Arc<Kernel>; 2]> = OnceLock::new();
    let sessions = SESSIONS.get_or_init(|| {
        [Engine::Jit, Engine::Check].map(|engine| Kernel::builder().engine(engine).build())
    });
    let [jit, check] = sessions;
    Arc::clone(if engine == Engine::Jit { jit } else { check })
}

fn ours(engine: Engine) -> Side {
    Side::Ours {
        kernel: session(engine),
        fds: InProcessFds::new(),
        credentials: Credentials::privileged(),
    }
}

/// Runs the case here, where Linux is known to answer otherwise.
pub(crate) fn alone(case: &Case) -> Answer {
    let check = answer(&ours(Engine::Check), case);
    let jit = answer(&ours(Engine::Jit), case);
    must_equal("checker", &check, "compiled code", &jit, case);
    check
}

/// Runs the case everywhere; the answers must be equal.
pub(crate) fn agree(case: &Case) -> Answer {
    let check = answer(&ours(Engine::Check), case);
    let jit = answer(&ours(Engine::Jit), case);
    must_equal("checker", &check, "compiled code", &jit, case);
    if kernel_answers() {
        must_equal(
            "skep",
            &check,
            "the kernel",
            &answer(&Side::Linux, case),
            case,
        );
    } else {
        eprintln!("skipped: no kernel bpf(2)");
    }
    check
}

/// Fails with what differs, and only that.
fn must_equal(left_name: &str, left: &Answer, right_name: &str, right: &Answer, case: &Case) {
    if left == right {
        return;
    }
    let mut differences = String::new();
    let mut number = |name: &str, left: String, right: String| {
        if left != right {
            differences.push_str(&format!("{name}: {left} and {right}\n"));
        }
    };
    number(
        "errno",
        format!("{:?}", left.errno),
        format!("{:?}", right.errno),
    );
    number("retval", left.retval.to_string(), right.retval.to_string());
    number(
        "data size",
        left.data_size.to_string(),
        right.data_size.to_string(),
    );
    number(
        "context size",
        left.ctx_size.to_string(),
        right.ctx_size.to_string(),
    );
    let mut bytes = |name: &str, left: &[u8], right: &[u8]| {
        for at in (0..left.len().max(right.len())).step_by(8) {
            let part = |bytes: &[u8]| format!("{:02x?}", bytes.get(at..bytes.len().min(at + 8)));
            number(
                &format!("{name} at {at} (word {})", at / 8),
                part(left),
                part(right),
            );
        }
    };
    bytes("data", &left.data, &right.data);
    bytes("context", &left.ctx, &right.ctx);
    bytes("input context", &left.ctx_in, &right.ctx_in);
    for ((name, ours), (_, theirs)) in left.maps.iter().zip(&right.maps) {
        bytes(
            name,
            &ours.concat()[ours.first().map_or(0, Vec::len)..],
            &theirs.concat()[theirs.first().map_or(0, Vec::len)..],
        );
    }
    panic!(
        "{left_name} and {right_name} differ\n{differences}{}",
        case.text
    );
}

fn kernel_answers() -> bool {
    let attr = MapCreateAttr {
        map_type: 2,
        key_size: 4,
        value_size: 4,
        max_entries: 1,
        ..MapCreateAttr::default()
    };
    match Side::Linux.bpf(
        Cmd::MapCreate.raw(),
        &mut attr.as_bytes().to_vec(),
        size_of::<MapCreateAttr>(),
    ) {
        Ok(fd) => {
            Side::Linux.close(fd);
            true
        }
        Err(_) => false,
    }
}

fn call<T: IntoBytes + zerocopy::FromBytes + zerocopy::Immutable>(
    side: &Side,
    cmd: Cmd,
    attr: &mut T,
) -> Result<i32, Errno> {
    let mut bytes = attr.as_bytes().to_vec();
    let result = side.bpf(cmd.raw(), &mut bytes, size_of::<T>());
    *attr = T::read_from_bytes(&bytes).unwrap();
    result
}

fn answer(side: &Side, case: &Case) -> Answer {
    let maps: Vec<i32> = case.maps.iter().map(|map| create(side, map)).collect();
    let prog = load(side, case, &maps);
    let answer = run(side, case, &maps, prog);
    maps.iter().chain([&prog]).for_each(|fd| side.close(*fd));
    answer
}

fn create(side: &Side, map: &Map) -> i32 {
    let flags = if map.constant.is_empty() {
        MapFlags::empty()
    } else {
        MapFlags::RDONLY_PROG
    };
    let mut attr = MapCreateAttr {
        map_type: map.map_type.raw(),
        key_size: map.key_size,
        value_size: map.value_size,
        max_entries: map.entries,
        map_flags: flags.bits(),
        ..MapCreateAttr::default()
    };
    let btf = map.types.as_ref().map(|(raw, key, value)| {
        let fd = load_btf(side, raw);
        attr.btf_fd = fd as u32;
        attr.btf_key_type_id = key.get();
        attr.btf_value_type_id = value.get();
        fd
    });
    let fd = call(side, Cmd::MapCreate, &mut attr).unwrap();
    btf.into_iter().for_each(|fd| side.close(fd));
    if !map.constant.is_empty() {
        let key = 0_u32.to_ne_bytes();
        let mut elem = MapElemAttr {
            map_fd: fd as u32,
            key: ptr(&key),
            value: ptr(map.constant),
            ..MapElemAttr::default()
        };
        call(side, Cmd::MapUpdateElem, &mut elem).unwrap();
        let mut freeze = fd.to_ne_bytes().to_vec();
        side.bpf(Cmd::MapFreeze.raw(), &mut freeze, 4).unwrap();
    }
    fd
}

fn load_btf(side: &Side, raw: &[u8]) -> i32 {
    let mut attr = BtfLoadAttr {
        btf: ptr(raw),
        btf_size: raw.len() as u32,
        ..BtfLoadAttr::default()
    };
    call(side, Cmd::BtfLoad, &mut attr).unwrap()
}

/// The instructions, with maps by fd.
fn link(case: &Case, maps: &[i32]) -> Vec<RawInsn> {
    let assembly =
        assemble(&case.text, &Helpers).unwrap_or_else(|error| panic!("{error}\n{}", case.text));
    let mut insns = assembly.insns;
    for reloc in assembly.relocs {
        let at = reloc.at.index();
        insns[at].imm = match reloc.target {
            RelocTarget::Map(name) | RelocTarget::MapValue(name) => {
                maps[case.maps.iter().position(|map| map.name == name).unwrap()]
            }
            RelocTarget::Kfunc(name) => kfunc(&name),
        };
    }
    insns
}

/// The number of a kernel function, the same on both sides: sessions take the host's BTF.
fn kfunc(name: &str) -> i32 {
    let kernel = session(Engine::Check);
    let btf = kernel.identity().btf.as_ref().unwrap();
    btf.find_by_name_kind(name, BtfKind::Func).unwrap().get() as i32
}

/// BTF with a function type for the main program and every label, and the func_info that goes with it.
pub(crate) fn functions(text: &str, labels: &[&str]) -> (Vec<u8>, Vec<u8>) {
    let assembly = assemble(text, &Helpers).unwrap();
    let mut btf = BtfBuilder::new();
    let int = btf.int("int", 4, IntEncoding::Signed);
    let long = btf.int("long", 8, IntEncoding::Signed);
    let main = btf.func_proto(int, &[("ctx", long)]);
    let callback = btf.func_proto(int, &[("index", long), ("context", long)]);
    let mut info = Vec::new();
    let mut add =
        |at: u32, func: BtfTypeId| info.extend([at, func.get()].map(u32::to_ne_bytes).concat());
    add(0, btf.func("main", main, BtfLinkage::Static));
    for label in labels {
        let at = assembly.labels[*label].0;
        add(at, btf.func(label, callback, BtfLinkage::Static));
    }
    (btf.finish(), info)
}

fn load(side: &Side, case: &Case, maps: &[i32]) -> i32 {
    let insns = encode_program(&link(case, maps));
    let (btf, func_info) = functions(&case.text, &case.functions);
    let with_btf = !case.functions.is_empty();
    let btf_fd = with_btf.then(|| load_btf(side, &btf));
    let mut log = vec![0_u8; 1 << 16];
    let mut attr = ProgLoadAttr {
        prog_type: case.prog_type.raw(),
        insn_cnt: (insns.len() / 8) as u32,
        insns: ptr(insns.as_slice()),
        license: ptr(b"GPL\0"),
        log_level: 1,
        log_size: log.len() as u32,
        log_buf: out(log.as_mut_slice()),
        prog_btf_fd: btf_fd.unwrap_or(0) as u32,
        func_info_rec_size: if with_btf { 8 } else { 0 },
        func_info: if with_btf {
            ptr(func_info.as_slice())
        } else {
            UserPtr::NULL
        },
        func_info_cnt: if with_btf {
            (func_info.len() / 8) as u32
        } else {
            0
        },
        prog_flags: if case.prog_type == ProgType::Syscall {
            1 << 4
        } else {
            0
        },
        ..ProgLoadAttr::default()
    };
    let prog = call(side, Cmd::ProgLoad, &mut attr).unwrap_or_else(|errno| {
        let end = log.iter().position(|byte| *byte == 0).unwrap();
        panic!(
            "{errno}: {}\n{}",
            String::from_utf8_lossy(&log[..end]),
            case.text
        )
    });
    btf_fd.into_iter().for_each(|fd| side.close(fd));
    prog
}

fn run(side: &Side, case: &Case, maps: &[i32], prog: i32) -> Answer {
    let mut data = vec![0xee_u8; case.data_out as usize];
    let mut ctx = vec![0xee_u8; case.ctx_out as usize];
    let mut ctx_in = case.ctx.clone();
    let null_if_empty = |bytes: &[u8]| {
        if bytes.is_empty() {
            UserPtr::NULL
        } else {
            ptr(bytes)
        }
    };
    let mut attr = ProgTestRunAttr {
        prog_fd: prog as u32,
        data_size_in: case.data.len() as u32,
        data_in: null_if_empty(&case.data),
        data_size_out: case.data_out,
        data_out: if data.is_empty() {
            UserPtr::NULL
        } else {
            out(data.as_mut_slice())
        },
        ctx_size_in: ctx_in.len() as u32,
        ctx_in: if ctx_in.is_empty() {
            UserPtr::NULL
        } else {
            out(ctx_in.as_mut_slice())
        },
        ctx_size_out: case.ctx_out,
        ctx_out: if ctx.is_empty() {
            UserPtr::NULL
        } else {
            out(ctx.as_mut_slice())
        },
        ..ProgTestRunAttr::default()
    };
    (case.attr)(&mut attr);
    let result = call(side, Cmd::ProgTestRun, &mut attr);
    Answer {
        errno: result.err(),
        retval: attr.retval,
        data_size: attr.data_size_out,
        data,
        ctx_size: attr.ctx_size_out,
        ctx,
        ctx_in,
        maps: case
            .maps
            .iter()
            .zip(maps)
            .map(|(map, fd)| (map.name.to_owned(), dump(side, map, *fd)))
            .collect(),
    }
}

/// Keys and values in turn, in the order of keys; nothing for maps that cannot be read so.
fn dump(side: &Side, map: &Map, fd: i32) -> Vec<Vec<u8>> {
    let per_cpu = map.map_type == MapType::PercpuArray;
    let readable = matches!(
        map.map_type,
        MapType::Array | MapType::Hash | MapType::PercpuArray
    );
    if !readable {
        return Vec::new();
    }
    let mut elements = Vec::new();
    let mut key: Option<Vec<u8>> = None;
    loop {
        let mut next = vec![0_u8; map.key_size as usize];
        let mut attr = MapElemAttr {
            map_fd: fd as u32,
            key: key
                .as_ref()
                .map_or(UserPtr::NULL, |key| ptr(key.as_slice())),
            value: out(next.as_mut_slice()),
            ..MapElemAttr::default()
        };
        if call(side, Cmd::MapGetNextKey, &mut attr).is_err() {
            break;
        }
        let mut value = vec![0_u8; map.value_size as usize * if per_cpu { 256 } else { 1 }];
        let mut attr = MapElemAttr {
            map_fd: fd as u32,
            key: ptr(next.as_slice()),
            value: out(value.as_mut_slice()),
            ..MapElemAttr::default()
        };
        call(side, Cmd::MapLookupElem, &mut attr).unwrap();
        elements.push((next.clone(), value));
        key = Some(next);
    }
    elements.sort();
    elements
        .into_iter()
        .flat_map(|(key, value)| [key, value])
        .collect()
}

/// Stores R0 as result `index`.
pub(crate) fn note(index: usize) -> String {
    format!("*(u64 *)(r9 +{}) = r0\n", 8 * index)
}

/// A call of a helper on the context with R2 to R5, and its result as result `index`.
pub(crate) fn on_ctx(index: usize, helper: &str, args: &[i64]) -> String {
    let mut text = "r1 = r6\n".to_owned();
    for (register, arg) in (2..).zip(args) {
        text.push_str(&format!("r{register} = {arg}\n"));
    }
    text.push_str(&format!("call bpf_{helper}\n"));
    text.push_str(&note(index));
    text
}

/// Stores fields of the context, 4 bytes each, as results from `index` on.
pub(crate) fn fields(index: usize, offsets: &[u32]) -> String {
    (index..)
        .zip(offsets)
        .map(|(index, offset)| format!("r0 = *(u32 *)(r6 +{offset})\n{}", note(index)))
        .collect()
}
