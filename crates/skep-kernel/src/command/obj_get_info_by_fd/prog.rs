//! Info of a program.

use skep_catalog::Caps;
use skep_exec::{Engine, Listing};
use skep_isa::encode_program;
use skep_object::{Errno, ObjectId, Ref, SysError, SysResult};
use skep_uapi::UserPtr;
use skep_uapi::btf::{FuncInfo, LineInfo};
use skep_uapi::info::ProgInfo;
use zerocopy::{Immutable, IntoBytes};

use super::{Args, Call, Reply, read_info, write_info, write_items};
use crate::load::tag;
use crate::object::{Prog, listing};
use crate::{Jit, MemoryFault};

pub(super) fn run(call: &Call<'_>, args: &Args, prog: &Ref<Prog>) -> SysResult<Reply> {
    let asked: ProgInfo = read_info(call, args)?;
    let maps = prog.held_maps();
    let map_ids = maps.iter().map(|map| id(map.id()).to_ne_bytes());
    let nr_map_ids = write_items(call, asked.map_ids, asked.nr_map_ids, map_ids)?;
    check_record_sizes(&asked)?;
    let mut info = ProgInfo {
        prog_type: prog.prog_type().raw(),
        id: id(prog.id()),
        tag: prog.tag(),
        load_time: prog.load_time_ns(),
        created_by_uid: prog.uid(),
        nr_map_ids,
        name: prog.name().bytes(),
        gpl_compatible: u32::from(prog.request().gpl_compatible),
        btf_id: prog.btf().map_or(0, |btf| id(btf.id())),
        func_info_rec_size: FUNC_INFO_SIZE,
        line_info_rec_size: LINE_INFO_SIZE,
        jited_line_info_rec_size: ADDRESS_SIZE,
        run_time_ns: prog.stats().run_time_ns(),
        run_cnt: prog.stats().runs(),
        recursion_misses: prog.stats().recursion_misses(),
        verified_insns: prog.statistics().processed_insns,
        ..keep_pointers(&asked)
    };
    // What tells of addresses and code needs CAP_BPF; without it the numbers are zero.
    if call.task.capable(Caps::BPF) {
        info.attach_btf_id = prog.request().attach_btf_id;
        info.attach_btf_obj_id = prog.attach_btf().map_or(0, |btf| id(btf.id()));
        let listing = listing::of(prog);
        code(call, &asked, prog, &listing, &mut info)?;
        records(call, &asked, prog, &listing, &mut info)?;
    }
    write_info(call, args, &info)
}

const FUNC_INFO_SIZE: u32 = size_of::<FuncInfo>() as u32;
const LINE_INFO_SIZE: u32 = size_of::<LineInfo>() as u32;
const ADDRESS_SIZE: u32 = size_of::<u64>() as u32;

/// A client that wants records knows their size; one that gives neither size nor room is told. EINVAL.
fn check_record_sizes(asked: &ProgInfo) -> SysResult<()> {
    let kinds = [
        (asked.nr_func_info, asked.func_info_rec_size, FUNC_INFO_SIZE),
        (asked.nr_line_info, asked.line_info_rec_size, LINE_INFO_SIZE),
        (
            asked.nr_jited_line_info,
            asked.jited_line_info_rec_size,
            ADDRESS_SIZE,
        ),
    ];
    for (room, size, known) in kinds {
        if (room != 0 || size != 0) && size != known {
            return SysError::err(Errno::EINVAL, "records have another size");
        }
    }
    Ok(())
}

/// The client's pointers go back to it as they came, but for those to addresses that are not told.
fn keep_pointers(asked: &ProgInfo) -> ProgInfo {
    ProgInfo {
        jited_prog_insns: asked.jited_prog_insns,
        xlated_prog_insns: asked.xlated_prog_insns,
        map_ids: asked.map_ids,
        func_info: asked.func_info,
        line_info: asked.line_info,
        jited_ksyms: asked.jited_ksyms,
        jited_func_lens: asked.jited_func_lens,
        jited_line_info: asked.jited_line_info,
        prog_tags: asked.prog_tags,
        ..ProgInfo::default()
    }
}

/// The listing, and what there is of native code. Addresses of code are not told, as without CAP_SYSLOG: who asks for them gets a
/// null pointer back.
fn code(
    call: &Call<'_>,
    asked: &ProgInfo,
    prog: &Prog,
    listing: &Listing,
    info: &mut ProgInfo,
) -> SysResult<()> {
    let bytes = encode_program(&listing.insns);
    info.xlated_prog_len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let room = (asked.xlated_prog_len as usize).min(bytes.len());
    let part = bytes.get(..room).ok_or(MemoryFault)?;
    call.task.memory().write(asked.xlated_prog_insns, part)?;

    let functions = listing.functions().len().max(1) as u32;
    if call.kernel.engine() == Engine::Jit {
        info.jited_prog_len = prog.native_size();
    }
    if asked.jited_prog_len != 0 && info.jited_prog_len != 0 {
        info.jited_prog_insns = UserPtr::NULL;
    }
    info.nr_jited_ksyms = functions;
    if asked.nr_jited_ksyms != 0 {
        info.jited_ksyms = UserPtr::NULL;
    }
    info.nr_jited_func_lens = functions;
    if asked.nr_jited_func_lens != 0 {
        info.jited_func_lens = UserPtr::NULL;
    }
    let tags = tag::of_functions(prog, listing);
    info.nr_prog_tags = write_items(call, asked.prog_tags, asked.nr_prog_tags, tags.into_iter())?;
    Ok(())
}

fn records(
    call: &Call<'_>,
    asked: &ProgInfo,
    prog: &Prog,
    listing: &Listing,
    info: &mut ProgInfo,
) -> SysResult<()> {
    let request = prog.request();
    let functions = listing::func_info(listing, &request.func_info);
    info.nr_func_info = write_records(call, &functions, asked.func_info, asked.nr_func_info)?;
    let lines = listing::line_info(listing, &request.line_info);
    info.nr_line_info = write_records(call, &lines, asked.line_info, asked.nr_line_info)?;
    if prog.jit() == Jit::On {
        info.nr_jited_line_info = info.nr_line_info;
    }
    if asked.nr_jited_line_info != 0 && info.nr_jited_line_info != 0 {
        info.jited_line_info = UserPtr::NULL;
    }
    Ok(())
}

/// Writes the first `room` records to `at`; how many there are. EFAULT.
fn write_records<T: IntoBytes + Immutable>(
    call: &Call<'_>,
    records: &[T],
    at: UserPtr,
    room: u32,
) -> SysResult<u32> {
    let part = records.get(..records.len().min(room as usize));
    call.task
        .memory()
        .write(at, part.ok_or(MemoryFault)?.as_bytes())?;
    Ok(u32::try_from(records.len()).unwrap_or(u32::MAX))
}

fn id(id: Option<ObjectId>) -> u32 {
    id.map_or(0, |id| id.get())
}
