//! Prototypes of the program's own functions in its BTF: the rules and their texts.

use super::rejections;
use alloc::string::String;

rejections! {
    /// Prototypes of the program's own functions.
    pub enum PrototypeReject {
        NoBtf => EFAULT, "Global functions need valid BTF\n";
        NoBtfOfStatic => EINVAL, "";
        NotFunc { subprog: u16 } => EFAULT, "BTF of func#{subprog} doesn't point to KIND_FUNC\n";
        NoProto { name: String } => EFAULT, "Invalid type of function {name}()\n";
        TooManyArgs { name: String, count: usize, most: usize } => EINVAL, "Global function {name}() with {count} > {most} args. Buggy compiler.\n";
        NotScalarReturn { name: String } => EINVAL, "Global function {name}() doesn't return scalar. Only those are supported.\n";
        TagInStatic { arg: usize } => EOPNOTSUPP, "arg#{arg} type tag is not supported in static functions\n";
        UnknownTags { arg: usize } => EOPNOTSUPP, "arg#{arg} has unsupported set of tags\n";
        TagOnNonPointer { arg: usize } => EINVAL, "arg#{arg} has pointer tag, but is not a pointer type\n";
        UnsupportedType { arg: usize, kind: &'static str, name: String } => EINVAL, "Arg#{arg} type {kind} in {name}() is not supported yet.\n";
        TagCombination { arg: usize } => EINVAL, "arg#{arg} has invalid combination of tags\n";
        UntrustedCombination { arg: usize } => EINVAL, "arg#{arg} untrusted cannot be combined with any other tags\n";
        UntrustedPointee { arg: usize, kind: &'static str, name: String } => EINVAL,
            "arg#{arg} has type {kind} '{name}', but only struct or primitive types are allowed\n";
        ArenaCombination { arg: usize } => EINVAL, "arg#{arg} arena cannot be combined with any other tags\n";
        SizeUnknown { arg: usize, kind: &'static str, name: String, error: i64 } => EINVAL,
            "arg#{arg} reference type('{kind} {name}') size cannot be determined: {error}\n";
        NoKernelType { arg: usize, kind: &'static str, name: String } => ENOENT, "arg#{arg} reference type('{kind} {name}') has no matches\n";
        AmbiguousKernelType { arg: usize, kind: &'static str, name: String } => ESRCH, "arg#{arg} reference type('{kind} {name}') is ambiguous\n";
        KernelTypeSearch { arg: usize, kind: &'static str, name: String, error: i64 } => EINVAL,
            "arg#{arg} reference type('{kind} {name}') candidate matching error: {error}\n";
        CtxWithoutName { arg: usize } => EINVAL, "arg#{arg} type doesn't have a name\n";
        CtxNotVoid { arg: usize } => EINVAL, "arg#{arg} should be void pointer\n";
        CtxWrongStruct { arg: usize, wanted: String } => EINVAL, "arg#{arg} should be `struct {wanted} *`\n";
    }
}
