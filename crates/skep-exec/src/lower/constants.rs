//! `ld_imm64`: numbers, and addresses of what the program names.

use skep_isa::{Imm64, Reg};
use skep_verifier::verified::Fact;

use super::emitter::Emitter;
use super::{FunctionIdx, LowerError, Op, Value};

impl Emitter<'_> {
    pub(super) fn constant(&mut self, dst: Reg, value: Imm64) -> Result<(), LowerError> {
        let source = self.source;
        let number = match (source.fact(self.here), value) {
            (Fact::MapPtr(token), _) => self.map(*token)?.handle().raw(),
            (Fact::MapValue { map, off }, _) => {
                let missing = LowerError::NoDirectValue {
                    at: self.here,
                    offset: *off,
                };
                self.map(*map)?
                    .map()
                    .direct_value(*off)
                    .map_err(|_| missing)?
                    .raw()
            }
            (Fact::Func(subprog), _) => {
                self.push(Op::FunctionPointer {
                    dst,
                    function: FunctionIdx(subprog.0),
                });
                return Ok(());
            }
            (Fact::Symbol { address, .. }, _) => *address,
            (Fact::Plain, Imm64::Plain(number)) => number,
            (
                Fact::Plain
                | Fact::Access(_)
                | Fact::Helper { .. }
                | Fact::Kfunc { .. }
                | Fact::Subprog(_),
                _,
            ) => {
                return Err(self.inconsistent("a constant without its fact"));
            }
        };
        self.push(Op::Mov {
            dst,
            src: Value::Const(number),
        });
        Ok(())
    }
}
