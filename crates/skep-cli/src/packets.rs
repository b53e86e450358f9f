//! Packets out of a capture file, pcap or pcapng; Ethernet only.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result, bail};
use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::{Block, PcapNgReader};
use pcap_file::{DataLink, PcapError};

/// A block of a pcapng file that begins one.
const PCAPNG: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// The packets of a capture file, in order.
pub(crate) fn read(path: &Path) -> Result<Vec<Vec<u8>>> {
    let name = path.display();
    let magic = {
        let mut file = File::open(path).with_context(|| format!("cannot read {name}"))?;
        let mut magic = [0; 4];
        let read = std::io::Read::read(&mut file, &mut magic);
        read.with_context(|| format!("cannot read {name}"))?;
        magic
    };
    let file = BufReader::new(File::open(path).with_context(|| format!("cannot read {name}"))?);
    if magic == PCAPNG {
        pcapng(file).with_context(|| format!("cannot use {name}"))
    } else {
        pcap(file).with_context(|| format!("cannot use {name}"))
    }
}

fn pcap(file: BufReader<File>) -> Result<Vec<Vec<u8>>> {
    let mut reader = PcapReader::new(file).map_err(|_| anyhow::anyhow!("it is no capture file"))?;
    ethernet(reader.header().datalink)?;
    let mut packets = Vec::new();
    while let Some(packet) = reader.next_packet() {
        packets.push(packet.map_err(damaged)?.data.into_owned());
    }
    Ok(packets)
}

fn pcapng(file: BufReader<File>) -> Result<Vec<Vec<u8>>> {
    let mut reader =
        PcapNgReader::new(file).map_err(|_| anyhow::anyhow!("it is no capture file"))?;
    let mut packets = Vec::new();
    while let Some(block) = reader.next_block() {
        match block.map_err(damaged)? {
            Block::InterfaceDescription(interface) => ethernet(interface.linktype)?,
            Block::EnhancedPacket(packet) => packets.push(packet.data.into_owned()),
            Block::SimplePacket(packet) => packets.push(packet.data.into_owned()),
            _ => {}
        }
    }
    Ok(packets)
}

fn ethernet(link: DataLink) -> Result<()> {
    if link != DataLink::ETHERNET {
        bail!("its link type is {link:?}; only captures of Ethernet can be run");
    }
    Ok(())
}

fn damaged(error: PcapError) -> anyhow::Error {
    match error {
        PcapError::IncompleteBuffer => anyhow::anyhow!("it ends inside a packet"),
        PcapError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            anyhow::anyhow!("it ends inside a packet")
        }
        PcapError::IoError(error) => anyhow::anyhow!("it cannot be read: {error}"),
        other => anyhow::anyhow!("it is damaged: {other}"),
    }
}
