//! Info of a program.

use skep_catalog::Caps;
use skep_exec::Engine;
use skep_object::{Errno, ObjectId, Ref, SysError, SysResult};
use skep_uapi::UserPtr;
use skep_uapi::btf::{FuncInfo, LineInfo};
use skep_uapi::info::ProgInfo;
use skep_verifier::request::Records;

use super::{Args, Call, Reply, read_info, write_info, write_items};
use crate::load::tag;
use crate::object::Prog;

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
        code(call, &asked, prog, &mut info)?;
        records(call, &asked, prog, &mut info)?;
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

/// The client's pointers go back to it as they came.
fn keep_pointers(asked: &ProgInfo) -> ProgInfo {
    ProgInfo {
        xlated_prog_insns: asked.xlated_prog_insns,
        map_ids: asked.map_ids,
        func_info: asked.func_info,
        line_info: asked.line_info,
        jited_line_info: asked.jited_line_info,
        prog_tags: asked.prog_tags,
        // Native addresses are not told (as without CAP_SYSLOG): jited_prog_insns, jited_ksyms, jited_func_lens.
        ..ProgInfo::default()
    }
}

fn code(call: &Call<'_>, asked: &ProgInfo, prog: &Prog, info: &mut ProgInfo) -> SysResult<()> {
    let functions = prog.verified().subprogs().len().max(1) as u32;
    if call.kernel.engine() == Engine::Jit {
        info.jited_prog_len = prog.native_size();
    }
    info.nr_jited_ksyms = functions;
    info.nr_jited_func_lens = functions;
    let tags = tag::of_functions(prog);
    info.nr_prog_tags = write_items(call, asked.prog_tags, asked.nr_prog_tags, tags.into_iter())?;
    Ok(())
}

fn records(call: &Call<'_>, asked: &ProgInfo, prog: &Prog, info: &mut ProgInfo) -> SysResult<()> {
    let request = prog.request();
    info.nr_func_info = write_records::<{ size_of::<FuncInfo>() }>(
        call,
        &request.func_info,
        asked.func_info,
        asked.nr_func_info,
    )?;
    info.nr_line_info = write_records::<{ size_of::<LineInfo>() }>(
        call,
        &request.line_info,
        asked.line_info,
        asked.nr_line_info,
    )?;
    Ok(())
}

/// Writes records cut to the size we know.
fn write_records<const N: usize>(
    call: &Call<'_>,
    records: &Records,
    at: UserPtr,
    room: u32,
) -> SysResult<u32> {
    let size = (records.record_size as usize).max(1);
    let cut: Vec<[u8; N]> = records
        .bytes
        .chunks_exact(size)
        .filter_map(|record| record.first_chunk::<N>().copied())
        .collect();
    write_items(call, at, room, cut.into_iter())
}

fn id(id: Option<ObjectId>) -> u32 {
    id.map_or(0, |id| id.get())
}
