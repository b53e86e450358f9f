//! One load from request to outcome.

use super::Verifier;
use crate::check::call::CallState;
use crate::env::Environment;
use crate::log::Log;
use crate::reject::{Check, Reject};
use crate::request::{LoadFlags, LoadRequest};
use crate::state::State;
use crate::verified::{Failure, LogOutput, Outcome, Statistics, SubprogFacts, VerifiedProgram};
use crate::verifier::{InsnAux, Privileges};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Write;

/// Runs all phases.
pub(crate) fn run(env: &dyn Environment, request: &LoadRequest) -> Outcome {
    let log = match Log::new(request.log) {
        Ok(log) => log,
        Err(errno) => {
            let result = Err(Failure {
                errno,
                reject: None,
            });
            return Outcome {
                result,
                log: LogOutput::default(),
                statistics: Statistics::default(),
            };
        }
    };
    let begin_ns = env.now_ns();
    let mut verifier = new(env, request, log);
    let verdict = verifier.verify();
    let took_ns = env.now_ns().saturating_sub(begin_ns);
    verifier.finish(verdict, took_ns)
}

fn new<'a>(env: &'a dyn Environment, request: &'a LoadRequest, log: Log) -> Verifier<'a> {
    let caps = env.capabilities();
    let privileges = Privileges::of(caps);
    let machine = env.machine();
    let flags = request.flags;
    let strict = flags.has(LoadFlags::STRICT_ALIGNMENT) || !machine.efficient_unaligned;
    let kernel_btf = env.kernel_btf().cloned();
    let insns = request.insns.clone();
    Verifier {
        env,
        request,
        caps,
        privileges,
        machine,
        strict_alignment: strict && !flags.has(LoadFlags::ANY_ALIGNMENT),
        test_state_freq: privileges.bpf && flags.has(LoadFlags::TEST_STATE_FREQ),
        calls: CallState::new(request, caps, kernel_btf.as_deref()),
        kernel_btf,
        prog_btf: None,
        aux: vec![InsnAux::default(); insns.len()],
        insns,
        line_info: Vec::new(),
        postorder: Vec::new(),
        subprogs: Vec::new(),
        maps: Vec::new(),
        traits: Default::default(),
        log,
        state: State::default(),
        at: Default::default(),
        explore_alu_limits: false,
        last_id: 0,
        walk: Default::default(),
        stack_liveness: Default::default(),
    }
}

impl Verifier<'_> {
    fn verify(&mut self) -> Check {
        self.traits.sleepable = self.request.flags.has(LoadFlags::SLEEPABLE);
        self.prepare()
            .map_err(|reject| Reject { at: None, ..reject })?;
        self.walk_functions()?;
        self.drop_fastcall_stack();
        self.check_stack_depth()?;
        self.check_walked_calls()
    }

    fn statistics(&self, verdict: &Check, took_ns: u64) -> Statistics {
        let cache = &self.walk.cache;
        Statistics {
            processed_insns: self.walk.progress.insns,
            max_states_per_insn: cache.max_per_insn,
            total_states: cache.total,
            peak_states: cache.peak,
            stack_depths: self.reported_depths(verdict),
            verification_us: took_ns / 1000,
        }
    }

    fn finish(mut self, verdict: Check, took_ns: u64) -> Outcome {
        let statistics = self.statistics(&verdict, took_ns);
        self.log_statistics(&statistics);
        let log = core::mem::replace(&mut self.log, Log::silent());
        let (log, fits) = log.finish(self.request.log);
        let result = match (fits, verdict) {
            (Err(errno), _) => Err(Failure {
                errno,
                reject: None,
            }),
            (Ok(()), Err(reject)) => Err(Failure {
                errno: reject.errno,
                reject: Some(reject),
            }),
            (Ok(()), Ok(())) => Ok(self.into_program()),
        };
        Outcome {
            result,
            log,
            statistics,
        }
    }

    fn log_statistics(&mut self, s: &Statistics) {
        if self.log.wants_statistics() {
            let mut depths = String::new();
            for depth in &s.stack_depths {
                let _ = write!(
                    depths,
                    "{}{depth}",
                    if depths.is_empty() { "" } else { "+" }
                );
            }
            self.log.message(&format_args!(
                "verification time {} usec\n",
                s.verification_us
            ));
            self.log.message(&format_args!("stack depth {depths}\n"));
        }
        let (processed, per_insn, total, peak) = (
            s.processed_insns,
            s.max_states_per_insn,
            s.total_states,
            s.peak_states,
        );
        self.log.message(&format_args!(
            "processed {processed} insns (limit 1000000) max_states_per_insn {per_insn} total_states {total} peak_states {peak} mark_read 0\n"
        ));
    }

    fn into_program(mut self) -> VerifiedProgram {
        // Facts take room themselves; what only the walk needed makes it.
        self.walk = Default::default();
        self.stack_liveness = Default::default();
        self.postorder = Vec::new();
        let facts = (0..self.insns.len())
            .map(|index| self.insn_facts(index))
            .collect();
        let subprogs = self.subprogs.iter().map(|s| SubprogFacts {
            start: s.start,
            end: s.end,
            stack_depth: s.stack_depth,
            name: s.name.clone(),
            has_tail_call: s.has_tail_call,
            is_callback: s.is_callback,
        });
        let listing = (0..self.insns.len()).map(|index| self.listing_facts(index));
        VerifiedProgram {
            listing: listing.collect(),
            capable: self.privileges.bpf,
            prog_type: self.request.prog_type,
            expected_attach_type: self.request.expected_attach_type,
            facts,
            subprogs: subprogs.collect(),
            maps: self.maps.iter().filter_map(|m| m.token).collect(),
            traits: self.traits,
            insns: self.insns,
        }
    }
}
