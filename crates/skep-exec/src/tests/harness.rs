//! Programs, bindings and runs for tests.

use std::collections::HashMap;
use std::sync::Arc;

use skep_catalog::ObjectKind;
use skep_isa::asm::{NoSymbols, RelocTarget, assemble};
use skep_isa::{CallTarget, Imm64, Insn, InsnIdx, Program as Slots, RawInsn};
use skep_maps::{MapAttr, MapEnv};
use skep_memory::{Permissions, RacyBytes};
use skep_object::{CancelToken, Deterministic, RunContext};
use skep_uapi::{HelperId, MapFlags, MapType};
use skep_verifier::env::MapToken;
use skep_verifier::register::TypeRef;
use skep_verifier::state;
use skep_verifier::verified::{AccessKind, CallMap, ConstantKey, Fact, InsnFacts, SubprogFacts};

use crate::check::{Entry, RegSet};
use crate::executable::Executable;
use crate::helper::HelperFn;
use crate::lower::{Bindings, LowerError, Lowered, Source, lower_source};
use crate::{BoundMap, ContextLayout, Engine, Executor, Run, Trap};

pub(super) const ENGINES: [Engine; 2] = [Engine::Check, Engine::Jit];

/// Instructions with facts.
pub(super) struct Program {
    pub(super) insns: Vec<RawInsn>,
    pub(super) facts: Vec<InsnFacts>,
    subprogs: Vec<SubprogFacts>,
}

/// Bindings made of what a test gives.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) maps: Vec<Arc<BoundMap>>,
    pub(super) helpers: HashMap<u32, HelperFn>,
    pub(super) packet: Option<HelperFn>,
    pub(super) context: Option<ContextLayout>,
}

static IDENTITY: ContextLayout = ContextLayout::identity();

impl Bindings for Parts {
    fn map(&self, token: MapToken) -> Option<Arc<BoundMap>> {
        self.maps.get(token.0 as usize).cloned()
    }
    fn helper(&self, id: HelperId) -> Option<HelperFn> {
        self.helpers.get(&id.0).copied()
    }
    fn kfunc(&self, _function: TypeRef) -> Result<HelperFn, String> {
        Err("some_kfunc".to_owned())
    }
    fn load_packet(&self) -> Option<HelperFn> {
        self.packet
    }
    fn context(&self) -> &ContextLayout {
        self.context.as_ref().unwrap_or(&IDENTITY)
    }
    fn object(&self, _kind: ObjectKind) -> Option<&ContextLayout> {
        None
    }
}

impl Program {
    /// The program of an assembly text in the kernel's dialect; `map[N]` is the N-th map of the bindings.
    pub(super) fn text(text: &str) -> Self {
        let assembly = assemble(text, &NoSymbols).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut program = Self::new(assembly.insns);
        for reloc in assembly.relocs {
            let fact = match reloc.target {
                RelocTarget::Map(name) => Fact::MapPtr(MapToken(name.parse().unwrap())),
                RelocTarget::MapValue(name) => {
                    let off = program.insns[reloc.at.index() + 1].imm as u32;
                    Fact::MapValue {
                        map: MapToken(name.parse().unwrap()),
                        off,
                    }
                }
                RelocTarget::Kfunc(name) => panic!("{name}"),
            };
            program.facts[reloc.at.index()].fact = fact;
        }
        program
    }

    /// These instructions.
    pub(super) fn new(insns: Vec<RawInsn>) -> Self {
        let slots = Slots::new(&insns);
        let mut starts = vec![0];
        for (at, insn) in slots.iter() {
            let target = match insn {
                Ok(Insn::Call(CallTarget::Subprog { off })) => at.target(off),
                Ok(Insn::LdImm64 {
                    value: Imm64::Func { off },
                    ..
                }) => at.target(off),
                _ => None,
            };
            starts.extend(target.map(|target| target.0));
        }
        starts.sort_unstable();
        starts.dedup();
        let subprog = |at: Option<InsnIdx>| {
            let at = at.unwrap().0;
            state::SubprogIdx(starts.iter().position(|start| *start == at).unwrap() as u16)
        };
        let mut facts = vec![
            InsnFacts {
                seen: true,
                fact: Fact::Plain
            };
            insns.len()
        ];
        for (at, insn) in slots.iter() {
            facts[at.index()].fact = match insn {
                Ok(Insn::Call(CallTarget::Subprog { off })) => {
                    Fact::Subprog(subprog(at.target(off)))
                }
                Ok(Insn::LdImm64 {
                    value: Imm64::Func { off },
                    ..
                }) => Fact::Func(subprog(at.target(off))),
                Ok(Insn::Call(CallTarget::Helper(id))) => Fact::Helper {
                    id: HelperId(id as u32),
                    map: CallMap::None,
                    key: ConstantKey::Unseen,
                },
                Ok(
                    Insn::Ldx { .. }
                    | Insn::St { .. }
                    | Insn::Stx { .. }
                    | Insn::Atomic { .. }
                    | Insn::LoadAcquire { .. }
                    | Insn::StoreRelease { .. },
                ) => Fact::Access(AccessKind::Memory),
                _ => Fact::Plain,
            };
        }
        let ends = starts.iter().skip(1).copied().chain([insns.len() as u32]);
        let subprogs = starts.iter().zip(ends).map(|(start, end)| SubprogFacts {
            start: state::InsnIdx(*start),
            end: state::InsnIdx(end),
            stack_depth: 512,
            name: String::new(),
            has_tail_call: false,
            is_callback: false,
        });
        Self {
            subprogs: subprogs.collect(),
            facts,
            insns,
        }
    }

    /// Makes frames only as large as the instructions name, as verified programs have them.
    pub(super) fn small_frames(&mut self) {
        for subprog in &mut self.subprogs {
            subprog.stack_depth = 0;
        }
    }

    /// Says that the look-up at the N-th call is always in this map.
    pub(super) fn always_map(&mut self, token: u64) {
        for facts in &mut self.facts {
            if let Fact::Helper { map, .. } = &mut facts.fact {
                *map = CallMap::Always(MapToken(token));
            }
        }
    }

    /// Says that loads and stores through R1 are of the context.
    pub(super) fn context_in_r1(&mut self) {
        for (raw, facts) in self.insns.iter().zip(&mut self.facts) {
            let is_load = raw.class() == skep_isa::opcode::LDX;
            let base = if is_load { raw.src() } else { raw.dst() };
            if facts.fact == Fact::Access(AccessKind::Memory) && base == 1 {
                facts.fact = Fact::Access(AccessKind::Ctx);
            }
        }
    }

    pub(super) fn lower(&self, parts: &Parts) -> Result<Lowered, LowerError> {
        let source = Source {
            insns: &self.insns,
            facts: &self.facts,
            subprogs: &self.subprogs,
        };
        lower_source(source, parts)
    }

    pub(super) fn executable(&self, parts: &Parts) -> Arc<Executable> {
        Executable::new(self.lower(parts).unwrap())
    }
}

/// Runs with R1 and R2 in both executors, which must agree; the memory is what R1 points at.
pub(super) fn both(program: &Program, parts: &Parts, memory: &[u8]) -> Result<u64, Trap> {
    let executable = program.executable(parts);
    let [check, jit] = ENGINES.map(|engine| run(&executable, engine, memory));
    let (check, jit) = (check?, jit.unwrap());
    assert_eq!(check, jit, "interpreter and compiled code agree");
    Ok(check.0)
}

/// Runs once: R0 and the memory afterwards.
pub(super) fn run(
    executable: &Executable,
    engine: Engine,
    memory: &[u8],
) -> Result<(u64, Vec<u8>), Trap> {
    let region = skep_memory::Region::new(memory.len()).unwrap();
    region.copy_in(0, memory).unwrap();
    let (platform, token) = (Deterministic::new(1), CancelToken::new());
    let context = RunContext::new(&platform, &token, 1);
    let args = [region.base().raw(), memory.len() as u64, 0, 0, 0];
    let value = run_in(executable, engine, &context, args, region.bytes())?;
    Ok((value, region.to_vec(0, memory.len()).unwrap()))
}

/// Runs with these arguments, allowed to touch these bytes.
pub(super) fn run_in(
    executable: &Executable,
    engine: Engine,
    context: &RunContext<'_>,
    args: [u64; 5],
    bytes: RacyBytes<'_>,
) -> Result<u64, Trap> {
    let run = Run::new(engine, context);
    run.allow(bytes, Permissions::ReadWrite);
    match engine {
        Engine::Check => executable
            .interpreter()
            .enter(Entry::Main, args, RegSet::ARGS, &run),
        Engine::Jit => {
            let native = executable.compiled().unwrap();
            native.call_back(native.main_address(), args, &run)
        }
    }
}

/// A map of 8-byte values.
pub(super) fn map(map_type: MapType, max_entries: u32) -> Arc<BoundMap> {
    let key_size = 4;
    let value_size = if map_type == MapType::ProgArray { 4 } else { 8 };
    let flags = MapFlags::empty();
    let attr = MapAttr {
        map_type,
        key_size,
        value_size,
        max_entries,
        flags,
        numa_node: 0,
        map_extra: 0,
    };
    let env = MapEnv::plain(skep_catalog::Caps::all(), 4);
    BoundMap::new((skep_maps::kind(map_type).unwrap().create)(attr, env).unwrap())
}

/// bpf_map_lookup_elem.
pub(super) fn lookup(call: &crate::HelperCall<'_, '_>) -> crate::HelperResult {
    let map = call.map(0)?.map();
    let key = call.read(1, map.base().attr().key_size as usize)?;
    let value = map.prog_lookup(call.context().cpu(), key);
    if map.inner_template().is_some() {
        call.returns_map(value);
    }
    Ok(value.raw())
}
