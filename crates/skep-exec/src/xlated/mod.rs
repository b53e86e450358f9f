//! The xlated listing: what Linux would show of a program after its rewriting. Made when someone asks, never run.
//!
//! | file | what it does to instructions |
//! |---|---|
//! | `dead` | dead code, jumps that always go one way, jumps to the next instruction |
//! | `context` | accesses of contexts and sockets, by tables measured on Linux |
//! | `arithmetic` | divisions by registers, masked pointers |
//! | `calls`, `lookup` | helpers and kernel functions; look-ups without a call |
//! | `sequences` | packet loads, may_goto, bpf_loop, the start of programs that write packets |
//! | `constants` | maps by id, functions by distance |
//! | `piece` | what each instruction became, put together again |
//! | `shape` | what of the kernel shows: its structs, the maps |
//!
//! Addresses in the kernel show as 0, as Linux shows those of functions to a reader without CAP_SYSLOG.

mod arithmetic;
mod calls;
mod constants;
mod context;
mod dead;
mod insn;
mod lookup;
mod piece;
mod sequences;
mod shape;

use skep_isa::{RawInsn, opcode};
use skep_uapi::{HelperId, ProgType};
use skep_verifier::VerifiedProgram;
use skep_verifier::verified::{AccessKind, CallMap, Fact, ListingFacts, SubprogFacts};

use dead::Live;
use piece::{Laid, Piece};
pub use shape::{ListedMap, Shape};

/// A listing, and where the instructions of the loaded program are in it.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The instructions.
    pub insns: Vec<RawInsn>,
    /// Per slot of the program as loaded.
    places: Vec<Place>,
    /// Its functions, by their start in the program as loaded.
    functions: Vec<u32>,
}

/// Where an instruction of the loaded program is in a listing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// It begins there.
    At(u32),
    /// It was removed; what follows it begins there.
    Before(u32),
}

impl Place {
    /// The place in the listing.
    pub const fn start(self) -> u32 {
        match self {
            Self::At(start) | Self::Before(start) => start,
        }
    }

    /// Whether the instruction is still there.
    pub const fn is_kept(self) -> bool {
        match self {
            Self::At(_) => true,
            Self::Before(_) => false,
        }
    }
}

impl Listing {
    /// Where an instruction went.
    pub fn place(&self, at: u32) -> Place {
        let end = Place::Before(self.insns.len() as u32);
        self.places.get(at as usize).copied().unwrap_or(end)
    }

    /// Starts of the functions that are left, in the program as loaded.
    pub fn functions(&self) -> &[u32] {
        &self.functions
    }
}

/// Makes the listing of a program.
pub fn xlated(program: &VerifiedProgram, shape: &dyn Shape) -> Listing {
    let writer = Writer { program, shape };
    let pieces = writer.pieces();
    let laid = Laid::new(&pieces);
    let slots = program.insns().len() as u32;
    let place = |at: u32| {
        if laid.has(at) {
            Place::At(laid.start_of(at))
        } else {
            Place::Before(laid.start_of(at))
        }
    };
    let kept =
        |subprog: &&SubprogFacts| laid.start_of(subprog.start.0) != laid.start_of(subprog.end.0);
    let kept = program.subprogs().iter().filter(kept);
    let functions: Vec<u32> = kept.map(|subprog| subprog.start.0).collect();
    let mut insns = laid.insns();
    constants::number_callbacks(&mut insns, &pieces, &functions);
    Listing {
        insns,
        places: (0..slots).map(place).collect(),
        functions,
    }
}

const LOOP: HelperId = HelperId(181);

/// Turns instructions into pieces.
struct Writer<'a> {
    program: &'a VerifiedProgram,
    shape: &'a dyn Shape,
}

impl Writer<'_> {
    fn pieces(&self) -> Vec<Piece> {
        let live = dead::live(self.program);
        let mut pieces: Vec<Piece> = live.iter().map(|one| self.piece(one)).collect();
        self.enter_functions(&live, &mut pieces);
        if self.program.traits().writes_packet
            && let Some(first) = pieces.first_mut()
            && let Some(prologue) =
                sequences::unshare_packet(self.program.prog_type(), self.shape.btf())
        {
            first.entry.splice(0..0, prologue);
        }
        pieces
    }

    /// Functions with may_goto begin by setting its counter.
    fn enter_functions(&self, live: &[Live], pieces: &mut [Piece]) {
        for subprog in self.program.subprogs() {
            let body = subprog.start.0..subprog.end.0;
            let counts = live.iter().any(|one| {
                body.contains(&one.at) && one.insn.code == opcode::INSN_MAY_GOTO && !one.dead
            });
            let first = pieces.iter_mut().find(|piece| body.contains(&piece.at));
            if counts && let Some(first) = first {
                first.entry = sequences::start_counting(self.counter_of(subprog));
            }
        }
    }

    fn subprog_at(&self, at: u32) -> Option<&SubprogFacts> {
        let subprogs = self.program.subprogs();
        let after = subprogs.partition_point(|subprog| subprog.start.0 <= at);
        subprogs.get(after.checked_sub(1)?)
    }

    /// Whether a function has a bpf_loop that becomes a loop.
    fn loops(&self, subprog: &SubprogFacts) -> bool {
        let facts = self.program.listing_facts();
        let body = facts.get(subprog.start.index()..subprog.end.index());
        body.is_some_and(|facts| facts.iter().any(|facts| facts.plain_loop.is_some()))
    }

    /// Where the counter of may_goto is, below the frame pointer.
    fn counter_of(&self, subprog: &SubprogFacts) -> i16 {
        let saved = if self.loops(subprog) {
            sequences::LOOP_STACK
        } else {
            0
        };
        let depth = subprog
            .stack_depth
            .next_multiple_of(8)
            .saturating_add(saved);
        (depth.saturating_add(sequences::MAY_GOTO_STACK) as i16).wrapping_neg()
    }

    fn listing_facts(&self, at: u32) -> ListingFacts {
        let facts = self.program.listing_facts().get(at as usize);
        facts.cloned().unwrap_or_default()
    }

    fn piece(&self, live: &Live) -> Piece {
        if live.dead {
            return Piece::plain(live.at, live.insn);
        }
        let facts = self.listing_facts(live.at);
        let mut piece = self.rewritten(live, &facts);
        if facts.barrier_after {
            piece.code.push(insn::barrier());
        }
        if facts.barrier_before {
            piece.precede(insn::barrier());
        }
        piece
    }

    fn rewritten(&self, live: &Live, facts: &ListingFacts) -> Piece {
        let (at, insn) = (live.at, live.insn);
        let fact = self
            .program
            .facts()
            .get(at as usize)
            .map(|facts| &facts.fact);
        if insn.code == opcode::INSN_MAY_GOTO {
            let counter = self
                .subprog_at(at)
                .map_or(0, |subprog| self.counter_of(subprog));
            return Piece {
                jump: live.target.map(|target| (1, target)),
                ..Piece::of(at, sequences::may_goto(counter))
            };
        }
        if let Some(target) = live.target {
            return Piece {
                jump: Some((0, target)),
                ..Piece::plain(at, insn)
            };
        }
        match (insn.class(), fact) {
            (opcode::LD, fact) if insn.is_ld_imm64() => {
                let second = self.program.insns().get((at as usize).saturating_add(1));
                self.constant(at, insn, second.copied().unwrap_or_default(), fact)
            }
            (opcode::LD, _) => Piece::of(at, sequences::packet_load(insn)),
            (opcode::LDX | opcode::ST | opcode::STX, Some(Fact::Access(kind)))
                if !facts.barrier_after =>
            {
                Piece::of(at, self.access(insn, *kind))
            }
            (opcode::JMP, Some(fact)) if insn.code == opcode::INSN_CALL => {
                self.call(at, insn, fact, facts)
            }
            (opcode::ALU | opcode::ALU64, _) => {
                let code = match facts.mask {
                    Some(mask) => arithmetic::masked(insn, mask),
                    None => arithmetic::division(insn).unwrap_or_else(|| vec![insn]),
                };
                Piece::of(at, code)
            }
            _ => Piece::plain(at, insn),
        }
    }

    /// Whether a traffic control program loads the kind of its packet's time stamp.
    fn asks_stamp_type(&self) -> bool {
        let prog_type = self.program.prog_type();
        if !matches!(prog_type, ProgType::SchedCls | ProgType::SchedAct) {
            return false;
        }
        let mut insns = self.program.insns().iter().zip(self.program.facts());
        insns.any(|(insn, facts)| {
            let loads = insn.class() == opcode::LDX && insn.off == context::STAMP_TYPE;
            loads && facts.seen && facts.fact == Fact::Access(AccessKind::Ctx)
        })
    }

    fn access(&self, insn: RawInsn, kind: AccessKind) -> Vec<RawInsn> {
        let sections = match kind {
            AccessKind::Ctx if self.asks_stamp_type() => context::WITH_STAMP_TYPE,
            AccessKind::Ctx => context::of_context(self.program.prog_type()),
            AccessKind::Sock => context::SOCKET,
            AccessKind::TcpSock => context::TCP_SOCKET,
            AccessKind::XdpSock => context::XDP_SOCKET,
            AccessKind::Probe if insn.mode() == opcode::MEMSX => {
                return vec![with_mode(insn, PROBE_MEMSX)];
            }
            AccessKind::Arena => return vec![arena(insn)],
            AccessKind::None
            | AccessKind::Memory
            | AccessKind::Btf
            | AccessKind::MapStruct
            | AccessKind::Probe => return vec![insn],
        };
        context::convert(sections, insn, self.shape.btf()).unwrap_or_else(|| vec![insn])
    }

    fn call(&self, at: u32, insn: RawInsn, fact: &Fact, facts: &ListingFacts) -> Piece {
        match fact {
            Fact::Subprog(callee) => Piece {
                call: self.start_of(callee.0).map(|start| (0, start)),
                ..Piece::plain(at, insn)
            },
            Fact::Helper { id: LOOP, .. } if facts.plain_loop.is_some() => {
                let depth = self.subprog_at(at).map_or(0, |subprog| subprog.stack_depth);
                let callback = facts
                    .plain_loop
                    .and_then(|callback| self.start_of(callback.0));
                Piece {
                    call: callback.map(|start| (sequences::LOOP_CALL, start)),
                    ..Piece::of(at, sequences::inlined_loop(depth.next_multiple_of(8)))
                }
            }
            Fact::Helper { id, map, .. } => {
                let sleepable = self.program.traits().sleepable;
                let prog_type = self.program.prog_type();
                let map = match map {
                    CallMap::Always(token) => self.shape.map(*token),
                    CallMap::None | CallMap::Varies => {
                        facts.inner_map.as_deref().map(ListedMap::template)
                    }
                };
                Piece::of(
                    at,
                    calls::helper(*id, map, prog_type, sleepable, self.shape),
                )
            }
            Fact::Kfunc { ty } => Piece::of(at, calls::kfunc(insn, self.shape.kfunc(*ty))),
            Fact::Plain
            | Fact::Access(_)
            | Fact::MapPtr(_)
            | Fact::MapValue { .. }
            | Fact::Func(_)
            | Fact::Symbol { .. } => Piece::plain(at, insn),
        }
    }

    fn start_of(&self, subprog: u16) -> Option<u32> {
        let subprog = self.program.subprogs().get(usize::from(subprog))?;
        Some(subprog.start.0)
    }
}

/// Modes of loads and atomics that the kernel handles faults of; those of plain loads are not shown.
const PROBE_MEMSX: u8 = 0x40;
const PROBE_MEM32SX: u8 = 0xc0;
const PROBE_ATOMIC: u8 = 0xe0;

fn with_mode(insn: RawInsn, mode: u8) -> RawInsn {
    RawInsn {
        code: insn.class() | insn.size() | mode,
        ..insn
    }
}

fn arena(insn: RawInsn) -> RawInsn {
    match insn.mode() {
        opcode::MEMSX => with_mode(insn, PROBE_MEM32SX),
        opcode::ATOMIC => with_mode(insn, PROBE_ATOMIC),
        _ => insn,
    }
}
