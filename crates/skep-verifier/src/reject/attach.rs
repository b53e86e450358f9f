//! Attach targets and sleepable programs: the rules and their texts.

use super::rejections;
use alloc::string::String;

rejections! {
    /// Attach targets and sleepable programs.
    pub enum AttachReject {
        /// A rule of Linux that skep does not know yet: never said of a program that Linux would accept for another reason.
        Unsupported { what: &'static str } => EOPNOTSUPP, "skep does not support {what} yet\n";
        NoId => EINVAL, "Tracing programs must provide btf_id\n";
        UnknownId { id: u32 } => EINVAL, "attach_btf_id {id} is invalid\n";
        ReplaceKernelFunction => EINVAL, "Cannot replace kernel functions\n";
        NotTypedef { id: u32 } => EINVAL, "attach_btf_id {id} is not a typedef\n";
        WrongName { id: u32, name: String } => EINVAL, "attach_btf_id {id} points to wrong type name {name}\n";
        NotFunction { id: u32 } => EINVAL, "attach_btf_id {id} is not a function\n";
        NoAddress { name: String } => ENOENT, "The address of function {name} cannot be found\n";
        /// Linux answers without a line.
        Silent => EINVAL, "";
        NotSleepable { name: String } => EINVAL, "{name} is not sleepable\n";
        Denied { name: String } => EINVAL, "Attaching tracing programs to function '{name}' is rejected.\n";
        NoReturn { name: String } => EINVAL, "Attaching fexit/fmod_ret to __noreturn function '{name}' is rejected.\n";
        TooManyParameters { name: String, count: usize } => EINVAL, "The function {name} has {count} arguments. Too many.\n";
        ReturnType { name: String, kind: &'static str } => EINVAL, "The function {name} return type {kind} is unsupported.\n";
        VariableParameters { name: String } => EINVAL, "The function {name} with variable args is unsupported.\n";
        ParameterType { name: String, arg: usize, kind: &'static str } => EINVAL, "The function {name} arg{arg} type {kind} is unsupported.\n";
        VoidParameter { name: String } => EINVAL, "The function {name} has malformed void argument.\n";
        LsmNotGpl => EINVAL, "LSM programs must have a GPL compatible license\n";
        LsmDisabledHook { id: u32, name: String } => EINVAL, "attach_btf_id {id} points to disabled hook {name}\n";
        StructOpsNotGpl => EINVAL, "struct ops programs must have a GPL compatible license\n";
        StructOpsNoId => ENOTSUPP, "";
        StructOpsUnknown { id: u32 } => ENOTSUPP, "attach_btf_id {id} is not a supported struct\n";
        StructOpsMemberIndex { index: u32, name: String } => EINVAL, "attach to invalid member idx {index} of struct {name}\n";
        StructOpsMember { member: String, index: u32, name: String } => EINVAL, "attach to invalid member {member}(@idx {index}) of struct {name}\n";
        StructOpsMemberSleeps { member: String, name: String } => EINVAL, "attach to unsupported member {member} of struct {name}\n";
        StructOpsMemberUnsupported { member: String, name: String } => ENOTSUPP, "attach to unsupported member {member} of struct {name}\n";
    }
}
