//! What usually mends a rejection, by the line Linux prints for it.

/// (parts of the line, all of them; what to do)
const HINTS: &[(&[&str], &str)] = &[
    (
        &["invalid mem access", "_or_null'"],
        "the pointer may be NULL here: compare it with NULL first, on every path to this line",
    ),
    (
        &["invalid mem access 'scalar'"],
        "this is a number, not a pointer the verifier knows: pointers that were stored, cast or computed lose what was \
         known of them; read kernel memory with bpf_probe_read_kernel or through BTF",
    ),
    (
        &["invalid access to packet"],
        "compare the end of the access with data_end first; after a variable offset is added, compare again",
    ),
    (
        &["offset is outside of the packet"],
        "compare the end of the access with data_end first; after a variable offset is added, compare again",
    ),
    (
        &["invalid access to map value"],
        "the access reaches past the value: bound the index (`if (i >= N) return`, or `i &= N - 1`) right before it",
    ),
    (
        &["unbounded memory access"],
        "bound the offset from both sides before it is added to the pointer; a mask (`i &= N - 1`) is simplest",
    ),
    (
        &["min value is negative"],
        "the offset may be negative: make it unsigned, or compare it with 0 first",
    ),
    (
        &["min value is outside of the allowed memory range"],
        "the access begins before the object: check the lower bound of the offset",
    ),
    (
        &["max value is outside of the allowed memory range"],
        "the access ends behind the object: check the upper bound of the offset",
    ),
    (
        &["!read_ok"],
        "the register was never set on this path: initialise the variable (a call clobbers R1 to R5)",
    ),
    (
        &["invalid read from stack"],
        "part of the memory was never written: initialise the whole variable (`= {}`), padding included",
    ),
    (
        &["invalid indirect read from stack"],
        "part of the memory was never written: initialise the whole variable (`= {}`), padding included",
    ),
    (
        &["invalid write to stack"],
        "the write is outside of the 512 bytes of stack, or misaligned for a spilled pointer",
    ),
    (
        &["invalid bpf_context access"],
        "this program type cannot use that field of its context, or not in that size or direction",
    ),
    (
        &["dereference of modified ctx ptr"],
        "read context fields straight from the context pointer; keep the compiler from adding to it",
    ),
    (
        &["back-edge"],
        "the loop is one this program may not have: unroll it, or give it a bound",
    ),
    (
        &["infinite loop detected"],
        "nothing changes from one round to the next: count towards a constant bound",
    ),
    (
        &["BPF program is too large"],
        "too many paths: move work into global functions, use bpf_loop, or bound variables earlier",
    ),
    (
        &["The sequence of", "jumps is too complex"],
        "too many paths: move work into global functions, use bpf_loop, or bound variables earlier",
    ),
    (
        &["combined stack size"],
        "big local variables along one chain of calls: move them into a per-CPU array map",
    ),
    (
        &["Unreleased reference"],
        "an object is still held at the end of this path: release it (bpf_sk_release, bpf_ringbuf_discard, ...)",
    ),
    (
        &["cannot call", "GPL"],
        "declare a GPL-compatible licence: char LICENSE[] SEC(\"license\") = \"GPL\";",
    ),
    (
        &["GPL"],
        "declare a GPL-compatible licence: char LICENSE[] SEC(\"license\") = \"GPL\";",
    ),
    (
        &["program of this type cannot use helper"],
        "this program type does not have that helper: see bpf-helpers(7), or use another program type",
    ),
    (
        &["unknown func"],
        "this program type does not have that helper: see bpf-helpers(7), or use another program type",
    ),
    (
        &["invalid func unknown#195896080"],
        "the kernel's types have no such field or type (CO-RE): guard the access with bpf_core_field_exists",
    ),
    (
        &["expected=", "type="],
        "the argument is of another kind than the helper takes; look at what was known of the register above",
    ),
    (
        &["At program exit the register R0"],
        "return one of the values this program type allows",
    ),
    (
        &["pointer comparison prohibited"],
        "pointers of different objects cannot be compared without privileges",
    ),
    (
        &["leaks addr"],
        "an address would reach user space: this needs privileges",
    ),
    (
        &["pointer arithmetic"],
        "only + and - with bounded numbers keep a pointer a pointer; compute the offset first",
    ),
    (
        &["write into map forbidden"],
        "the map is read-only for programs: const variables are in .rodata; drop const to change them",
    ),
    (
        &["misaligned"],
        "the access is not aligned to its size: copy byte by byte or pack the struct",
    ),
    (
        &["unreachable insn"],
        "the compiler left code nobody reaches: look for a function that does not return",
    ),
    (
        &["Attach type", "not supported"],
        "the section name gives another attach type than the program's type allows",
    ),
];

/// What usually mends a rejection with this message.
pub(crate) fn of(message: &str) -> Option<&'static str> {
    let fits = |parts: &[&str]| parts.iter().all(|part| message.contains(part));
    HINTS
        .iter()
        .find(|(parts, _)| fits(parts))
        .map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn frequent_rejections_have_hints() {
        assert!(
            of("R0 invalid mem access 'map_value_or_null'")
                .unwrap()
                .contains("NULL")
        );
        assert!(
            of("R1 offset is outside of the packet")
                .unwrap()
                .contains("data_end")
        );
        assert!(of("R2 !read_ok").is_some());
        assert_eq!(of("nobody knows this"), None);
    }
}
