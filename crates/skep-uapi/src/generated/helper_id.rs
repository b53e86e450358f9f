//! The numbers and names of the 211 helpers.
//!
//! Generated from `data/uapi.json` by `cargo xtask codegen`; do not edit.

use crate::HelperId;

#[rustfmt::skip]
impl HelperId {
    /// `bpf_unspec`.
    pub const UNSPEC: Self = Self(0);
    /// `bpf_map_lookup_elem`, since Linux 3.18.
    pub const MAP_LOOKUP_ELEM: Self = Self(1);
    /// `bpf_map_update_elem`, since Linux 3.18.
    pub const MAP_UPDATE_ELEM: Self = Self(2);
    /// `bpf_map_delete_elem`, since Linux 3.19.
    pub const MAP_DELETE_ELEM: Self = Self(3);
    /// `bpf_probe_read`, since Linux 4.1.
    pub const PROBE_READ: Self = Self(4);
    /// `bpf_ktime_get_ns`, since Linux 4.1.
    pub const KTIME_GET_NS: Self = Self(5);
    /// `bpf_trace_printk`, since Linux 4.1.
    pub const TRACE_PRINTK: Self = Self(6);
    /// `bpf_get_prandom_u32`, since Linux 4.17.
    pub const GET_PRANDOM_U32: Self = Self(7);
    /// `bpf_get_smp_processor_id`, since Linux 4.1.
    pub const GET_SMP_PROCESSOR_ID: Self = Self(8);
    /// `bpf_skb_store_bytes`, since Linux 4.1.
    pub const SKB_STORE_BYTES: Self = Self(9);
    /// `bpf_l3_csum_replace`, since Linux 4.1.
    pub const L3_CSUM_REPLACE: Self = Self(10);
    /// `bpf_l4_csum_replace`, since Linux 4.1.
    pub const L4_CSUM_REPLACE: Self = Self(11);
    /// `bpf_tail_call`, since Linux 4.2.
    pub const TAIL_CALL: Self = Self(12);
    /// `bpf_clone_redirect`, since Linux 4.2.
    pub const CLONE_REDIRECT: Self = Self(13);
    /// `bpf_get_current_pid_tgid`, since Linux 4.2.
    pub const GET_CURRENT_PID_TGID: Self = Self(14);
    /// `bpf_get_current_uid_gid`, since Linux 4.2.
    pub const GET_CURRENT_UID_GID: Self = Self(15);
    /// `bpf_get_current_comm`, since Linux 4.2.
    pub const GET_CURRENT_COMM: Self = Self(16);
    /// `bpf_get_cgroup_classid`, since Linux 4.3.
    pub const GET_CGROUP_CLASSID: Self = Self(17);
    /// `bpf_skb_vlan_push`, since Linux 4.3.
    pub const SKB_VLAN_PUSH: Self = Self(18);
    /// `bpf_skb_vlan_pop`, since Linux 4.3.
    pub const SKB_VLAN_POP: Self = Self(19);
    /// `bpf_skb_get_tunnel_key`, since Linux 4.3.
    pub const SKB_GET_TUNNEL_KEY: Self = Self(20);
    /// `bpf_skb_set_tunnel_key`, since Linux 4.3.
    pub const SKB_SET_TUNNEL_KEY: Self = Self(21);
    /// `bpf_perf_event_read`, since Linux 4.3.
    pub const PERF_EVENT_READ: Self = Self(22);
    /// `bpf_redirect`, since Linux 4.4.
    pub const REDIRECT: Self = Self(23);
    /// `bpf_get_route_realm`, since Linux 4.4.
    pub const GET_ROUTE_REALM: Self = Self(24);
    /// `bpf_perf_event_output`, since Linux 4.4.
    pub const PERF_EVENT_OUTPUT: Self = Self(25);
    /// `bpf_skb_load_bytes`, since Linux 4.5.
    pub const SKB_LOAD_BYTES: Self = Self(26);
    /// `bpf_get_stackid`, since Linux 4.6.
    pub const GET_STACKID: Self = Self(27);
    /// `bpf_csum_diff`, since Linux 4.6.
    pub const CSUM_DIFF: Self = Self(28);
    /// `bpf_skb_get_tunnel_opt`, since Linux 4.6.
    pub const SKB_GET_TUNNEL_OPT: Self = Self(29);
    /// `bpf_skb_set_tunnel_opt`, since Linux 4.6.
    pub const SKB_SET_TUNNEL_OPT: Self = Self(30);
    /// `bpf_skb_change_proto`, since Linux 4.8.
    pub const SKB_CHANGE_PROTO: Self = Self(31);
    /// `bpf_skb_change_type`, since Linux 4.8.
    pub const SKB_CHANGE_TYPE: Self = Self(32);
    /// `bpf_skb_under_cgroup`, since Linux 4.8.
    pub const SKB_UNDER_CGROUP: Self = Self(33);
    /// `bpf_get_hash_recalc`, since Linux 4.8.
    pub const GET_HASH_RECALC: Self = Self(34);
    /// `bpf_get_current_task`, since Linux 4.8.
    pub const GET_CURRENT_TASK: Self = Self(35);
    /// `bpf_probe_write_user`, since Linux 4.8.
    pub const PROBE_WRITE_USER: Self = Self(36);
    /// `bpf_current_task_under_cgroup`, since Linux 4.9.
    pub const CURRENT_TASK_UNDER_CGROUP: Self = Self(37);
    /// `bpf_skb_change_tail`, since Linux 4.9.
    pub const SKB_CHANGE_TAIL: Self = Self(38);
    /// `bpf_skb_pull_data`, since Linux 4.9.
    pub const SKB_PULL_DATA: Self = Self(39);
    /// `bpf_csum_update`, since Linux 4.9.
    pub const CSUM_UPDATE: Self = Self(40);
    /// `bpf_set_hash_invalid`, since Linux 4.9.
    pub const SET_HASH_INVALID: Self = Self(41);
    /// `bpf_get_numa_node_id`, since Linux 4.10.
    pub const GET_NUMA_NODE_ID: Self = Self(42);
    /// `bpf_skb_change_head`, since Linux 4.10.
    pub const SKB_CHANGE_HEAD: Self = Self(43);
    /// `bpf_xdp_adjust_head`, since Linux 4.10.
    pub const XDP_ADJUST_HEAD: Self = Self(44);
    /// `bpf_probe_read_str`, since Linux 4.11.
    pub const PROBE_READ_STR: Self = Self(45);
    /// `bpf_get_socket_cookie`, since Linux 4.12.
    pub const GET_SOCKET_COOKIE: Self = Self(46);
    /// `bpf_get_socket_uid`, since Linux 4.12.
    pub const GET_SOCKET_UID: Self = Self(47);
    /// `bpf_set_hash`, since Linux 4.13.
    pub const SET_HASH: Self = Self(48);
    /// `bpf_setsockopt`, since Linux 4.13.
    pub const SETSOCKOPT: Self = Self(49);
    /// `bpf_skb_adjust_room`, since Linux 4.13.
    pub const SKB_ADJUST_ROOM: Self = Self(50);
    /// `bpf_redirect_map`, since Linux 4.14.
    pub const REDIRECT_MAP: Self = Self(51);
    /// `bpf_sk_redirect_map`, since Linux 4.14.
    pub const SK_REDIRECT_MAP: Self = Self(52);
    /// `bpf_sock_map_update`, since Linux 4.14.
    pub const SOCK_MAP_UPDATE: Self = Self(53);
    /// `bpf_xdp_adjust_meta`, since Linux 4.15.
    pub const XDP_ADJUST_META: Self = Self(54);
    /// `bpf_perf_event_read_value`, since Linux 4.15.
    pub const PERF_EVENT_READ_VALUE: Self = Self(55);
    /// `bpf_perf_prog_read_value`, since Linux 4.15.
    pub const PERF_PROG_READ_VALUE: Self = Self(56);
    /// `bpf_getsockopt`, since Linux 4.15.
    pub const GETSOCKOPT: Self = Self(57);
    /// `bpf_override_return`, since Linux 4.16.
    pub const OVERRIDE_RETURN: Self = Self(58);
    /// `bpf_sock_ops_cb_flags_set`, since Linux 4.16.
    pub const SOCK_OPS_CB_FLAGS_SET: Self = Self(59);
    /// `bpf_msg_redirect_map`, since Linux 4.17.
    pub const MSG_REDIRECT_MAP: Self = Self(60);
    /// `bpf_msg_apply_bytes`, since Linux 4.17.
    pub const MSG_APPLY_BYTES: Self = Self(61);
    /// `bpf_msg_cork_bytes`, since Linux 4.17.
    pub const MSG_CORK_BYTES: Self = Self(62);
    /// `bpf_msg_pull_data`, since Linux 4.17.
    pub const MSG_PULL_DATA: Self = Self(63);
    /// `bpf_bind`, since Linux 4.17.
    pub const BIND: Self = Self(64);
    /// `bpf_xdp_adjust_tail`, since Linux 4.18.
    pub const XDP_ADJUST_TAIL: Self = Self(65);
    /// `bpf_skb_get_xfrm_state`, since Linux 4.18.
    pub const SKB_GET_XFRM_STATE: Self = Self(66);
    /// `bpf_get_stack`, since Linux 4.18.
    pub const GET_STACK: Self = Self(67);
    /// `bpf_skb_load_bytes_relative`, since Linux 4.18.
    pub const SKB_LOAD_BYTES_RELATIVE: Self = Self(68);
    /// `bpf_fib_lookup`, since Linux 4.18.
    pub const FIB_LOOKUP: Self = Self(69);
    /// `bpf_sock_hash_update`, since Linux 4.18.
    pub const SOCK_HASH_UPDATE: Self = Self(70);
    /// `bpf_msg_redirect_hash`, since Linux 4.18.
    pub const MSG_REDIRECT_HASH: Self = Self(71);
    /// `bpf_sk_redirect_hash`, since Linux 4.18.
    pub const SK_REDIRECT_HASH: Self = Self(72);
    /// `bpf_lwt_push_encap`, since Linux 4.18.
    pub const LWT_PUSH_ENCAP: Self = Self(73);
    /// `bpf_lwt_seg6_store_bytes`, since Linux 4.18.
    pub const LWT_SEG6_STORE_BYTES: Self = Self(74);
    /// `bpf_lwt_seg6_adjust_srh`, since Linux 4.18.
    pub const LWT_SEG6_ADJUST_SRH: Self = Self(75);
    /// `bpf_lwt_seg6_action`, since Linux 4.18.
    pub const LWT_SEG6_ACTION: Self = Self(76);
    /// `bpf_rc_repeat`, since Linux 4.18.
    pub const RC_REPEAT: Self = Self(77);
    /// `bpf_rc_keydown`, since Linux 4.18.
    pub const RC_KEYDOWN: Self = Self(78);
    /// `bpf_skb_cgroup_id`, since Linux 4.18.
    pub const SKB_CGROUP_ID: Self = Self(79);
    /// `bpf_get_current_cgroup_id`, since Linux 4.18.
    pub const GET_CURRENT_CGROUP_ID: Self = Self(80);
    /// `bpf_get_local_storage`, since Linux 4.19.
    pub const GET_LOCAL_STORAGE: Self = Self(81);
    /// `bpf_sk_select_reuseport`, since Linux 4.19.
    pub const SK_SELECT_REUSEPORT: Self = Self(82);
    /// `bpf_skb_ancestor_cgroup_id`, since Linux 4.19.
    pub const SKB_ANCESTOR_CGROUP_ID: Self = Self(83);
    /// `bpf_sk_lookup_tcp`, since Linux 4.20.
    pub const SK_LOOKUP_TCP: Self = Self(84);
    /// `bpf_sk_lookup_udp`, since Linux 4.20.
    pub const SK_LOOKUP_UDP: Self = Self(85);
    /// `bpf_sk_release`, since Linux 4.20.
    pub const SK_RELEASE: Self = Self(86);
    /// `bpf_map_push_elem`, since Linux 4.20.
    pub const MAP_PUSH_ELEM: Self = Self(87);
    /// `bpf_map_pop_elem`, since Linux 4.20.
    pub const MAP_POP_ELEM: Self = Self(88);
    /// `bpf_map_peek_elem`, since Linux 4.20.
    pub const MAP_PEEK_ELEM: Self = Self(89);
    /// `bpf_msg_push_data`, since Linux 4.20.
    pub const MSG_PUSH_DATA: Self = Self(90);
    /// `bpf_msg_pop_data`, since Linux 5.0.
    pub const MSG_POP_DATA: Self = Self(91);
    /// `bpf_rc_pointer_rel`, since Linux 5.0.
    pub const RC_POINTER_REL: Self = Self(92);
    /// `bpf_spin_lock`, since Linux 5.1.
    pub const SPIN_LOCK: Self = Self(93);
    /// `bpf_spin_unlock`, since Linux 5.1.
    pub const SPIN_UNLOCK: Self = Self(94);
    /// `bpf_sk_fullsock`, since Linux 5.1.
    pub const SK_FULLSOCK: Self = Self(95);
    /// `bpf_tcp_sock`, since Linux 5.1.
    pub const TCP_SOCK: Self = Self(96);
    /// `bpf_skb_ecn_set_ce`, since Linux 5.1.
    pub const SKB_ECN_SET_CE: Self = Self(97);
    /// `bpf_get_listener_sock`, since Linux 5.1.
    pub const GET_LISTENER_SOCK: Self = Self(98);
    /// `bpf_skc_lookup_tcp`, since Linux 5.2.
    pub const SKC_LOOKUP_TCP: Self = Self(99);
    /// `bpf_tcp_check_syncookie`, since Linux 5.2.
    pub const TCP_CHECK_SYNCOOKIE: Self = Self(100);
    /// `bpf_sysctl_get_name`, since Linux 5.2.
    pub const SYSCTL_GET_NAME: Self = Self(101);
    /// `bpf_sysctl_get_current_value`, since Linux 5.2.
    pub const SYSCTL_GET_CURRENT_VALUE: Self = Self(102);
    /// `bpf_sysctl_get_new_value`, since Linux 5.2.
    pub const SYSCTL_GET_NEW_VALUE: Self = Self(103);
    /// `bpf_sysctl_set_new_value`, since Linux 5.2.
    pub const SYSCTL_SET_NEW_VALUE: Self = Self(104);
    /// `bpf_strtol`, since Linux 5.2.
    pub const STRTOL: Self = Self(105);
    /// `bpf_strtoul`, since Linux 5.2.
    pub const STRTOUL: Self = Self(106);
    /// `bpf_sk_storage_get`, since Linux 5.2.
    pub const SK_STORAGE_GET: Self = Self(107);
    /// `bpf_sk_storage_delete`, since Linux 5.2.
    pub const SK_STORAGE_DELETE: Self = Self(108);
    /// `bpf_send_signal`, since Linux 5.3.
    pub const SEND_SIGNAL: Self = Self(109);
    /// `bpf_tcp_gen_syncookie`, since Linux 5.4.
    pub const TCP_GEN_SYNCOOKIE: Self = Self(110);
    /// `bpf_skb_output`, since Linux 5.5.
    pub const SKB_OUTPUT: Self = Self(111);
    /// `bpf_probe_read_user`, since Linux 5.5.
    pub const PROBE_READ_USER: Self = Self(112);
    /// `bpf_probe_read_kernel`, since Linux 5.5.
    pub const PROBE_READ_KERNEL: Self = Self(113);
    /// `bpf_probe_read_user_str`, since Linux 5.5.
    pub const PROBE_READ_USER_STR: Self = Self(114);
    /// `bpf_probe_read_kernel_str`, since Linux 5.5.
    pub const PROBE_READ_KERNEL_STR: Self = Self(115);
    /// `bpf_tcp_send_ack`, since Linux 5.6.
    pub const TCP_SEND_ACK: Self = Self(116);
    /// `bpf_send_signal_thread`, since Linux 5.6.
    pub const SEND_SIGNAL_THREAD: Self = Self(117);
    /// `bpf_jiffies64`, since Linux 5.6.
    pub const JIFFIES64: Self = Self(118);
    /// `bpf_read_branch_records`, since Linux 5.7.
    pub const READ_BRANCH_RECORDS: Self = Self(119);
    /// `bpf_get_ns_current_pid_tgid`, since Linux 5.7.
    pub const GET_NS_CURRENT_PID_TGID: Self = Self(120);
    /// `bpf_xdp_output`, since Linux 5.7.
    pub const XDP_OUTPUT: Self = Self(121);
    /// `bpf_get_netns_cookie`, since Linux 5.7.
    pub const GET_NETNS_COOKIE: Self = Self(122);
    /// `bpf_get_current_ancestor_cgroup_id`, since Linux 5.7.
    pub const GET_CURRENT_ANCESTOR_CGROUP_ID: Self = Self(123);
    /// `bpf_sk_assign`, since Linux 5.7.
    pub const SK_ASSIGN: Self = Self(124);
    /// `bpf_ktime_get_boot_ns`, since Linux 5.8.
    pub const KTIME_GET_BOOT_NS: Self = Self(125);
    /// `bpf_seq_printf`, since Linux 5.8.
    pub const SEQ_PRINTF: Self = Self(126);
    /// `bpf_seq_write`, since Linux 5.8.
    pub const SEQ_WRITE: Self = Self(127);
    /// `bpf_sk_cgroup_id`, since Linux 5.8.
    pub const SK_CGROUP_ID: Self = Self(128);
    /// `bpf_sk_ancestor_cgroup_id`, since Linux 5.8.
    pub const SK_ANCESTOR_CGROUP_ID: Self = Self(129);
    /// `bpf_ringbuf_output`, since Linux 5.8.
    pub const RINGBUF_OUTPUT: Self = Self(130);
    /// `bpf_ringbuf_reserve`, since Linux 5.8.
    pub const RINGBUF_RESERVE: Self = Self(131);
    /// `bpf_ringbuf_submit`, since Linux 5.8.
    pub const RINGBUF_SUBMIT: Self = Self(132);
    /// `bpf_ringbuf_discard`, since Linux 5.8.
    pub const RINGBUF_DISCARD: Self = Self(133);
    /// `bpf_ringbuf_query`, since Linux 5.8.
    pub const RINGBUF_QUERY: Self = Self(134);
    /// `bpf_csum_level`, since Linux 5.8.
    pub const CSUM_LEVEL: Self = Self(135);
    /// `bpf_skc_to_tcp6_sock`, since Linux 5.9.
    pub const SKC_TO_TCP6_SOCK: Self = Self(136);
    /// `bpf_skc_to_tcp_sock`, since Linux 5.9.
    pub const SKC_TO_TCP_SOCK: Self = Self(137);
    /// `bpf_skc_to_tcp_timewait_sock`, since Linux 5.9.
    pub const SKC_TO_TCP_TIMEWAIT_SOCK: Self = Self(138);
    /// `bpf_skc_to_tcp_request_sock`, since Linux 5.9.
    pub const SKC_TO_TCP_REQUEST_SOCK: Self = Self(139);
    /// `bpf_skc_to_udp6_sock`, since Linux 5.9.
    pub const SKC_TO_UDP6_SOCK: Self = Self(140);
    /// `bpf_get_task_stack`, since Linux 5.9.
    pub const GET_TASK_STACK: Self = Self(141);
    /// `bpf_load_hdr_opt`, since Linux 5.10.
    pub const LOAD_HDR_OPT: Self = Self(142);
    /// `bpf_store_hdr_opt`, since Linux 5.10.
    pub const STORE_HDR_OPT: Self = Self(143);
    /// `bpf_reserve_hdr_opt`, since Linux 5.10.
    pub const RESERVE_HDR_OPT: Self = Self(144);
    /// `bpf_inode_storage_get`, since Linux 5.10.
    pub const INODE_STORAGE_GET: Self = Self(145);
    /// `bpf_inode_storage_delete`, since Linux 5.10.
    pub const INODE_STORAGE_DELETE: Self = Self(146);
    /// `bpf_d_path`, since Linux 5.10.
    pub const D_PATH: Self = Self(147);
    /// `bpf_copy_from_user`, since Linux 5.10.
    pub const COPY_FROM_USER: Self = Self(148);
    /// `bpf_snprintf_btf`, since Linux 5.10.
    pub const SNPRINTF_BTF: Self = Self(149);
    /// `bpf_seq_printf_btf`, since Linux 5.10.
    pub const SEQ_PRINTF_BTF: Self = Self(150);
    /// `bpf_skb_cgroup_classid`, since Linux 5.10.
    pub const SKB_CGROUP_CLASSID: Self = Self(151);
    /// `bpf_redirect_neigh`, since Linux 5.10.
    pub const REDIRECT_NEIGH: Self = Self(152);
    /// `bpf_per_cpu_ptr`, since Linux 5.10.
    pub const PER_CPU_PTR: Self = Self(153);
    /// `bpf_this_cpu_ptr`, since Linux 5.10.
    pub const THIS_CPU_PTR: Self = Self(154);
    /// `bpf_redirect_peer`, since Linux 5.10.
    pub const REDIRECT_PEER: Self = Self(155);
    /// `bpf_task_storage_get`, since Linux 5.11.
    pub const TASK_STORAGE_GET: Self = Self(156);
    /// `bpf_task_storage_delete`, since Linux 5.11.
    pub const TASK_STORAGE_DELETE: Self = Self(157);
    /// `bpf_get_current_task_btf`, since Linux 5.11.
    pub const GET_CURRENT_TASK_BTF: Self = Self(158);
    /// `bpf_bprm_opts_set`, since Linux 5.11.
    pub const BPRM_OPTS_SET: Self = Self(159);
    /// `bpf_ktime_get_coarse_ns`, since Linux 5.11.
    pub const KTIME_GET_COARSE_NS: Self = Self(160);
    /// `bpf_ima_inode_hash`, since Linux 5.11.
    pub const IMA_INODE_HASH: Self = Self(161);
    /// `bpf_sock_from_file`, since Linux 5.11.
    pub const SOCK_FROM_FILE: Self = Self(162);
    /// `bpf_check_mtu`, since Linux 5.12.
    pub const CHECK_MTU: Self = Self(163);
    /// `bpf_for_each_map_elem`, since Linux 5.13.
    pub const FOR_EACH_MAP_ELEM: Self = Self(164);
    /// `bpf_snprintf`, since Linux 5.13.
    pub const SNPRINTF: Self = Self(165);
    /// `bpf_sys_bpf`, since Linux 5.14.
    pub const SYS_BPF: Self = Self(166);
    /// `bpf_btf_find_by_name_kind`, since Linux 5.14.
    pub const BTF_FIND_BY_NAME_KIND: Self = Self(167);
    /// `bpf_sys_close`, since Linux 5.14.
    pub const SYS_CLOSE: Self = Self(168);
    /// `bpf_timer_init`, since Linux 5.15.
    pub const TIMER_INIT: Self = Self(169);
    /// `bpf_timer_set_callback`, since Linux 5.15.
    pub const TIMER_SET_CALLBACK: Self = Self(170);
    /// `bpf_timer_start`, since Linux 5.15.
    pub const TIMER_START: Self = Self(171);
    /// `bpf_timer_cancel`, since Linux 5.15.
    pub const TIMER_CANCEL: Self = Self(172);
    /// `bpf_get_func_ip`, since Linux 5.15.
    pub const GET_FUNC_IP: Self = Self(173);
    /// `bpf_get_attach_cookie`, since Linux 5.15.
    pub const GET_ATTACH_COOKIE: Self = Self(174);
    /// `bpf_task_pt_regs`, since Linux 5.15.
    pub const TASK_PT_REGS: Self = Self(175);
    /// `bpf_get_branch_snapshot`, since Linux 5.16.
    pub const GET_BRANCH_SNAPSHOT: Self = Self(176);
    /// `bpf_trace_vprintk`, since Linux 5.16.
    pub const TRACE_VPRINTK: Self = Self(177);
    /// `bpf_skc_to_unix_sock`, since Linux 5.16.
    pub const SKC_TO_UNIX_SOCK: Self = Self(178);
    /// `bpf_kallsyms_lookup_name`, since Linux 5.16.
    pub const KALLSYMS_LOOKUP_NAME: Self = Self(179);
    /// `bpf_find_vma`, since Linux 5.17.
    pub const FIND_VMA: Self = Self(180);
    /// `bpf_loop`, since Linux 5.17.
    pub const LOOP: Self = Self(181);
    /// `bpf_strncmp`, since Linux 5.17.
    pub const STRNCMP: Self = Self(182);
    /// `bpf_get_func_arg`, since Linux 5.17.
    pub const GET_FUNC_ARG: Self = Self(183);
    /// `bpf_get_func_ret`, since Linux 5.17.
    pub const GET_FUNC_RET: Self = Self(184);
    /// `bpf_get_func_arg_cnt`, since Linux 5.17.
    pub const GET_FUNC_ARG_CNT: Self = Self(185);
    /// `bpf_get_retval`, since Linux 5.18.
    pub const GET_RETVAL: Self = Self(186);
    /// `bpf_set_retval`, since Linux 5.18.
    pub const SET_RETVAL: Self = Self(187);
    /// `bpf_xdp_get_buff_len`, since Linux 5.18.
    pub const XDP_GET_BUFF_LEN: Self = Self(188);
    /// `bpf_xdp_load_bytes`, since Linux 5.18.
    pub const XDP_LOAD_BYTES: Self = Self(189);
    /// `bpf_xdp_store_bytes`, since Linux 5.18.
    pub const XDP_STORE_BYTES: Self = Self(190);
    /// `bpf_copy_from_user_task`, since Linux 5.18.
    pub const COPY_FROM_USER_TASK: Self = Self(191);
    /// `bpf_skb_set_tstamp`, since Linux 5.18.
    pub const SKB_SET_TSTAMP: Self = Self(192);
    /// `bpf_ima_file_hash`, since Linux 5.18.
    pub const IMA_FILE_HASH: Self = Self(193);
    /// `bpf_kptr_xchg`, since Linux 5.19.
    pub const KPTR_XCHG: Self = Self(194);
    /// `bpf_map_lookup_percpu_elem`, since Linux 5.19.
    pub const MAP_LOOKUP_PERCPU_ELEM: Self = Self(195);
    /// `bpf_skc_to_mptcp_sock`, since Linux 5.19.
    pub const SKC_TO_MPTCP_SOCK: Self = Self(196);
    /// `bpf_dynptr_from_mem`, since Linux 5.19.
    pub const DYNPTR_FROM_MEM: Self = Self(197);
    /// `bpf_ringbuf_reserve_dynptr`, since Linux 5.19.
    pub const RINGBUF_RESERVE_DYNPTR: Self = Self(198);
    /// `bpf_ringbuf_submit_dynptr`, since Linux 5.19.
    pub const RINGBUF_SUBMIT_DYNPTR: Self = Self(199);
    /// `bpf_ringbuf_discard_dynptr`, since Linux 5.19.
    pub const RINGBUF_DISCARD_DYNPTR: Self = Self(200);
    /// `bpf_dynptr_read`, since Linux 5.19.
    pub const DYNPTR_READ: Self = Self(201);
    /// `bpf_dynptr_write`, since Linux 5.19.
    pub const DYNPTR_WRITE: Self = Self(202);
    /// `bpf_dynptr_data`, since Linux 5.19.
    pub const DYNPTR_DATA: Self = Self(203);
    /// `bpf_tcp_raw_gen_syncookie_ipv4`, since Linux 6.0.
    pub const TCP_RAW_GEN_SYNCOOKIE_IPV4: Self = Self(204);
    /// `bpf_tcp_raw_gen_syncookie_ipv6`, since Linux 6.0.
    pub const TCP_RAW_GEN_SYNCOOKIE_IPV6: Self = Self(205);
    /// `bpf_tcp_raw_check_syncookie_ipv4`, since Linux 6.0.
    pub const TCP_RAW_CHECK_SYNCOOKIE_IPV4: Self = Self(206);
    /// `bpf_tcp_raw_check_syncookie_ipv6`, since Linux 6.0.
    pub const TCP_RAW_CHECK_SYNCOOKIE_IPV6: Self = Self(207);
    /// `bpf_ktime_get_tai_ns`, since Linux 6.1.
    pub const KTIME_GET_TAI_NS: Self = Self(208);
    /// `bpf_user_ringbuf_drain`, since Linux 6.1.
    pub const USER_RINGBUF_DRAIN: Self = Self(209);
    /// `bpf_cgrp_storage_get`, since Linux 6.2.
    pub const CGRP_STORAGE_GET: Self = Self(210);
    /// `bpf_cgrp_storage_delete`, since Linux 6.2.
    pub const CGRP_STORAGE_DELETE: Self = Self(211);
}

/// Names at the index of their number.
pub(crate) static NAMES: [&str; 212] = [
    "bpf_unspec",
    "bpf_map_lookup_elem",
    "bpf_map_update_elem",
    "bpf_map_delete_elem",
    "bpf_probe_read",
    "bpf_ktime_get_ns",
    "bpf_trace_printk",
    "bpf_get_prandom_u32",
    "bpf_get_smp_processor_id",
    "bpf_skb_store_bytes",
    "bpf_l3_csum_replace",
    "bpf_l4_csum_replace",
    "bpf_tail_call",
    "bpf_clone_redirect",
    "bpf_get_current_pid_tgid",
    "bpf_get_current_uid_gid",
    "bpf_get_current_comm",
    "bpf_get_cgroup_classid",
    "bpf_skb_vlan_push",
    "bpf_skb_vlan_pop",
    "bpf_skb_get_tunnel_key",
    "bpf_skb_set_tunnel_key",
    "bpf_perf_event_read",
    "bpf_redirect",
    "bpf_get_route_realm",
    "bpf_perf_event_output",
    "bpf_skb_load_bytes",
    "bpf_get_stackid",
    "bpf_csum_diff",
    "bpf_skb_get_tunnel_opt",
    "bpf_skb_set_tunnel_opt",
    "bpf_skb_change_proto",
    "bpf_skb_change_type",
    "bpf_skb_under_cgroup",
    "bpf_get_hash_recalc",
    "bpf_get_current_task",
    "bpf_probe_write_user",
    "bpf_current_task_under_cgroup",
    "bpf_skb_change_tail",
    "bpf_skb_pull_data",
    "bpf_csum_update",
    "bpf_set_hash_invalid",
    "bpf_get_numa_node_id",
    "bpf_skb_change_head",
    "bpf_xdp_adjust_head",
    "bpf_probe_read_str",
    "bpf_get_socket_cookie",
    "bpf_get_socket_uid",
    "bpf_set_hash",
    "bpf_setsockopt",
    "bpf_skb_adjust_room",
    "bpf_redirect_map",
    "bpf_sk_redirect_map",
    "bpf_sock_map_update",
    "bpf_xdp_adjust_meta",
    "bpf_perf_event_read_value",
    "bpf_perf_prog_read_value",
    "bpf_getsockopt",
    "bpf_override_return",
    "bpf_sock_ops_cb_flags_set",
    "bpf_msg_redirect_map",
    "bpf_msg_apply_bytes",
    "bpf_msg_cork_bytes",
    "bpf_msg_pull_data",
    "bpf_bind",
    "bpf_xdp_adjust_tail",
    "bpf_skb_get_xfrm_state",
    "bpf_get_stack",
    "bpf_skb_load_bytes_relative",
    "bpf_fib_lookup",
    "bpf_sock_hash_update",
    "bpf_msg_redirect_hash",
    "bpf_sk_redirect_hash",
    "bpf_lwt_push_encap",
    "bpf_lwt_seg6_store_bytes",
    "bpf_lwt_seg6_adjust_srh",
    "bpf_lwt_seg6_action",
    "bpf_rc_repeat",
    "bpf_rc_keydown",
    "bpf_skb_cgroup_id",
    "bpf_get_current_cgroup_id",
    "bpf_get_local_storage",
    "bpf_sk_select_reuseport",
    "bpf_skb_ancestor_cgroup_id",
    "bpf_sk_lookup_tcp",
    "bpf_sk_lookup_udp",
    "bpf_sk_release",
    "bpf_map_push_elem",
    "bpf_map_pop_elem",
    "bpf_map_peek_elem",
    "bpf_msg_push_data",
    "bpf_msg_pop_data",
    "bpf_rc_pointer_rel",
    "bpf_spin_lock",
    "bpf_spin_unlock",
    "bpf_sk_fullsock",
    "bpf_tcp_sock",
    "bpf_skb_ecn_set_ce",
    "bpf_get_listener_sock",
    "bpf_skc_lookup_tcp",
    "bpf_tcp_check_syncookie",
    "bpf_sysctl_get_name",
    "bpf_sysctl_get_current_value",
    "bpf_sysctl_get_new_value",
    "bpf_sysctl_set_new_value",
    "bpf_strtol",
    "bpf_strtoul",
    "bpf_sk_storage_get",
    "bpf_sk_storage_delete",
    "bpf_send_signal",
    "bpf_tcp_gen_syncookie",
    "bpf_skb_output",
    "bpf_probe_read_user",
    "bpf_probe_read_kernel",
    "bpf_probe_read_user_str",
    "bpf_probe_read_kernel_str",
    "bpf_tcp_send_ack",
    "bpf_send_signal_thread",
    "bpf_jiffies64",
    "bpf_read_branch_records",
    "bpf_get_ns_current_pid_tgid",
    "bpf_xdp_output",
    "bpf_get_netns_cookie",
    "bpf_get_current_ancestor_cgroup_id",
    "bpf_sk_assign",
    "bpf_ktime_get_boot_ns",
    "bpf_seq_printf",
    "bpf_seq_write",
    "bpf_sk_cgroup_id",
    "bpf_sk_ancestor_cgroup_id",
    "bpf_ringbuf_output",
    "bpf_ringbuf_reserve",
    "bpf_ringbuf_submit",
    "bpf_ringbuf_discard",
    "bpf_ringbuf_query",
    "bpf_csum_level",
    "bpf_skc_to_tcp6_sock",
    "bpf_skc_to_tcp_sock",
    "bpf_skc_to_tcp_timewait_sock",
    "bpf_skc_to_tcp_request_sock",
    "bpf_skc_to_udp6_sock",
    "bpf_get_task_stack",
    "bpf_load_hdr_opt",
    "bpf_store_hdr_opt",
    "bpf_reserve_hdr_opt",
    "bpf_inode_storage_get",
    "bpf_inode_storage_delete",
    "bpf_d_path",
    "bpf_copy_from_user",
    "bpf_snprintf_btf",
    "bpf_seq_printf_btf",
    "bpf_skb_cgroup_classid",
    "bpf_redirect_neigh",
    "bpf_per_cpu_ptr",
    "bpf_this_cpu_ptr",
    "bpf_redirect_peer",
    "bpf_task_storage_get",
    "bpf_task_storage_delete",
    "bpf_get_current_task_btf",
    "bpf_bprm_opts_set",
    "bpf_ktime_get_coarse_ns",
    "bpf_ima_inode_hash",
    "bpf_sock_from_file",
    "bpf_check_mtu",
    "bpf_for_each_map_elem",
    "bpf_snprintf",
    "bpf_sys_bpf",
    "bpf_btf_find_by_name_kind",
    "bpf_sys_close",
    "bpf_timer_init",
    "bpf_timer_set_callback",
    "bpf_timer_start",
    "bpf_timer_cancel",
    "bpf_get_func_ip",
    "bpf_get_attach_cookie",
    "bpf_task_pt_regs",
    "bpf_get_branch_snapshot",
    "bpf_trace_vprintk",
    "bpf_skc_to_unix_sock",
    "bpf_kallsyms_lookup_name",
    "bpf_find_vma",
    "bpf_loop",
    "bpf_strncmp",
    "bpf_get_func_arg",
    "bpf_get_func_ret",
    "bpf_get_func_arg_cnt",
    "bpf_get_retval",
    "bpf_set_retval",
    "bpf_xdp_get_buff_len",
    "bpf_xdp_load_bytes",
    "bpf_xdp_store_bytes",
    "bpf_copy_from_user_task",
    "bpf_skb_set_tstamp",
    "bpf_ima_file_hash",
    "bpf_kptr_xchg",
    "bpf_map_lookup_percpu_elem",
    "bpf_skc_to_mptcp_sock",
    "bpf_dynptr_from_mem",
    "bpf_ringbuf_reserve_dynptr",
    "bpf_ringbuf_submit_dynptr",
    "bpf_ringbuf_discard_dynptr",
    "bpf_dynptr_read",
    "bpf_dynptr_write",
    "bpf_dynptr_data",
    "bpf_tcp_raw_gen_syncookie_ipv4",
    "bpf_tcp_raw_gen_syncookie_ipv6",
    "bpf_tcp_raw_check_syncookie_ipv4",
    "bpf_tcp_raw_check_syncookie_ipv6",
    "bpf_ktime_get_tai_ns",
    "bpf_user_ringbuf_drain",
    "bpf_cgrp_storage_get",
    "bpf_cgrp_storage_delete",
];
