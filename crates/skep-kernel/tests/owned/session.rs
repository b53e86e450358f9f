//! Sessions, programs in assembly, and maps whose values have fields.

use std::sync::Arc;
use std::time::{Duration, Instant};

use skep_btf::{BtfBuilder, BtfKind, BtfLinkage, BtfTypeId, IntEncoding};
use skep_isa::asm::{RelocTarget, Symbols, assemble};
use skep_kernel::client::RecordBytes;
use skep_kernel::{Client, Deterministic, Engine, Fd, Kernel, MapSpec, ProgSpec, TestRunSpec};
use skep_uapi::{ElemFlags, HelperId, MapType, ProgType};

/// Both executors.
pub(crate) const ENGINES: [Engine; 2] = [Engine::Jit, Engine::Check];

/// A session and a client of it.
pub(crate) struct Session {
    pub(crate) kernel: Arc<Kernel>,
    pub(crate) client: Client,
    pub(crate) time: Arc<Deterministic>,
}

struct Helpers;

impl Symbols for Helpers {
    fn helper(&self, name: &str) -> Option<i32> {
        HelperId::from_name(name).map(|id| id.0 as i32)
    }
}

impl Session {
    pub(crate) fn new(engine: Engine) -> Self {
        let time = Arc::new(Deterministic::new(7));
        let builder = Kernel::builder().engine(engine);
        let kernel = builder.platform(Arc::clone(&time) as _).build();
        Self {
            client: Client::new(&kernel),
            kernel,
            time,
        }
    }

    /// A map whose value is the struct that `value` makes.
    pub(crate) fn map(
        &self,
        map_type: MapType,
        entries: u32,
        value: impl FnOnce(&mut BtfBuilder) -> (BtfTypeId, u32),
    ) -> Fd {
        let mut btf = BtfBuilder::new();
        let key = btf.int("int", 4, IntEncoding::Signed);
        let (value, size) = value(&mut btf);
        let fd = self.client.btf_load(&btf.finish()).unwrap();
        let spec = MapSpec {
            btf: Some((fd, key, value)),
            ..MapSpec::new(map_type, 4, size, entries)
        };
        self.client.map_create(&spec).unwrap()
    }

    /// A map that holds this one as its element 0.
    pub(crate) fn outer(&self, inner: Fd) -> Fd {
        let spec = MapSpec {
            inner: Some(inner),
            ..MapSpec::new(MapType::ArrayOfMaps, 4, 4, 1)
        };
        let outer = self.client.map_create(&spec).unwrap();
        let (key, value) = (0_u32.to_ne_bytes(), inner.0.to_ne_bytes());
        let put = self
            .client
            .map_update(outer, &key, &value, ElemFlags::empty());
        put.unwrap();
        outer
    }

    /// Loads a program that names these maps and has these functions beside the first.
    pub(crate) fn load(&self, text: &str, maps: &[(&str, Fd)], labels: &[&str]) -> Fd {
        let mut btf = BtfBuilder::new();
        let int = btf.int("int", 4, IntEncoding::Signed);
        let long = btf.int("long", 8, IntEncoding::Signed);
        let proto = btf.func_proto(int, &[("a", long), ("b", long), ("c", long)]);
        let names = ["main"].iter().chain(labels);
        let functions: Vec<BtfTypeId> = names
            .map(|name| btf.func(name, proto, BtfLinkage::Static))
            .collect();
        let btf = self.client.btf_load(&btf.finish()).unwrap();
        self.load_with(text, maps, labels, btf, &functions)
    }

    /// The same with this BTF and its types for the functions.
    pub(crate) fn load_with(
        &self,
        text: &str,
        maps: &[(&str, Fd)],
        labels: &[&str],
        btf: Fd,
        functions: &[BtfTypeId],
    ) -> Fd {
        let mut assembly = assemble(text, &Helpers).unwrap_or_else(|it| panic!("{it}\n{text}"));
        for reloc in &assembly.relocs {
            let named = |name: &str| maps.iter().find(|(it, _)| *it == name).unwrap().1.0;
            assembly.insns[reloc.at.index()].imm = match &reloc.target {
                RelocTarget::Map(name) | RelocTarget::MapValue(name) => named(name),
                RelocTarget::Kfunc(name) => self.kfunc(name),
            };
        }
        let starts = labels.iter().map(|label| assembly.labels[*label].0);
        let info: Vec<u8> = std::iter::once(0)
            .chain(starts)
            .zip(functions)
            .flat_map(|(at, function)| [at, function.get()])
            .flat_map(u32::to_ne_bytes)
            .collect();
        let spec = ProgSpec {
            btf: Some(btf),
            func_info: RecordBytes {
                bytes: info,
                record_size: 8,
            },
            ..ProgSpec::new(ProgType::SchedCls, assembly.insns)
        };
        let reply = self.client.prog_load_with_whole_log(&spec);
        let log = reply.log.clone();
        reply
            .result
            .unwrap_or_else(|error| panic!("{error}\n{text}\n{log:?}"))
    }

    fn kfunc(&self, name: &str) -> i32 {
        let btf = self.kernel.identity().btf.as_ref().unwrap();
        btf.find_by_name_kind(name, BtfKind::Func).unwrap().get() as i32
    }

    /// Runs a program on a packet: what it returns, as a signed number.
    pub(crate) fn run(&self, prog: Fd) -> i32 {
        let spec = TestRunSpec {
            data: vec![0; 64],
            ..TestRunSpec::default()
        };
        let output = self.client.prog_test_run(prog, &spec);
        output.result.unwrap();
        output.retval as i32
    }

    /// Waits until nothing is left of timers and work items and these counts of programs and maps are.
    pub(crate) fn must_become(&self, items: usize, progs: usize, maps: usize) {
        let counts = || {
            let kernel = &self.kernel;
            (
                kernel.deferred_items(),
                kernel.progs().len(),
                kernel.maps().len(),
            )
        };
        eventually(
            || counts() == (items, progs, maps),
            || format!("{:?}", counts()),
        );
    }
}

/// Waits until it holds.
pub(crate) fn eventually(holds: impl Fn() -> bool, found: impl Fn() -> String) {
    let begin = Instant::now();
    while !holds() {
        assert!(
            begin.elapsed() < Duration::from_secs(30),
            "still {}",
            found()
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}
