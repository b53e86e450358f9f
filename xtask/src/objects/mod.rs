//! `cargo xtask objects`: does our loader make of real objects what libbpf made of them?
//!
//! Opens every object of `objects.tar.zst` and compares each program's instructions, after relocation and CO-RE, with
//! the recorded unit of the same object and name. Objects that do not open are counted by the loader's reason.

mod archive;
mod compare;
mod open;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use regex::Regex;

use self::open::{OpenedObject, Opener};
use crate::corpus::{Filter, Folder, Mode, Unit, log_lines};
use crate::root;

/// Open the objects of a corpus and compare programs with the recorded ones, by default of the shared corpus.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Directory in the corpus format, with objects.tar.zst.
    dir: Option<PathBuf>,
    /// Only objects whose corpus/object matches.
    #[arg(long = "match", value_name = "RE")]
    name: Option<Regex>,
    /// How many differing programs and reasons to list.
    #[arg(long, value_name = "N", default_value_t = 15)]
    differences: usize,
}

/// The counts that are printed.
#[derive(Debug, Default)]
struct Counts {
    objects: usize,
    opened: usize,
    objects_equal: usize,
    programs: usize,
    programs_equal: usize,
    /// Objects that do not open, by the shape of the reason.
    not_opened: BTreeMap<String, usize>,
    differences: Vec<String>,
}

/// Shares, in per cent, below which something that worked is lost: of the objects that open, and of those in which every
/// program is the recorded one.
const LEAST_OPENED: f64 = 99.0;
const LEAST_EQUAL: f64 = 98.0;

/// Opens, compares and prints; answers 1 where fewer objects open or are equal than did before.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let directory = args.dir.clone().unwrap_or_else(root::shared_corpus);
    let folder = Folder::open(&directory)?;
    let rows = folder.rows(&Filter {
        mode: Mode::Priv,
        name: None,
    })?;
    let mut units: HashMap<String, Vec<Unit>> = HashMap::new();
    for row in rows {
        let object = format!("{}/{}", row.corpus, row.unit.object);
        units.entry(object).or_default().push(row.unit);
    }
    let opener = Opener::new(&folder)?;
    let mut counts = Counts::default();
    for object in archive::read(&directory.join("objects.tar.zst"))? {
        if args
            .name
            .as_ref()
            .is_some_and(|name| !name.is_match(&object.name))
        {
            continue;
        }
        let recorded = units.get(&object.name).map_or(&[][..], Vec::as_slice);
        let file = object.name.rsplit('/').next().unwrap_or_default();
        counts.add(&object.name, opener.open(file, &object.bytes), recorded);
    }
    counts.print(args.differences);
    let lost = counts.opened_percent() < LEAST_OPENED || counts.equal_percent() < LEAST_EQUAL;
    Ok(ExitCode::from(u8::from(lost)))
}

impl Counts {
    fn add(&mut self, object: &str, opened: Result<OpenedObject, String>, recorded: &[Unit]) {
        self.objects += 1;
        let OpenedObject { programs, broken } = match opened {
            Ok(object) => object,
            Err(why) => {
                *self.not_opened.entry(log_lines::shape(&why)).or_default() += 1;
                return;
            }
        };
        self.opened += 1;
        let mut equal = true;
        // A program may have been recorded more than once; libbpf made the same of it each time.
        let by_name: BTreeMap<&str, &Unit> = recorded
            .iter()
            .map(|unit| (unit.program.as_str(), unit))
            .collect();
        for (name, unit) in by_name {
            self.programs += 1;
            let difference = match programs.iter().find(|program| program.name == name) {
                Some(program) => match compare::first_difference(program, unit) {
                    None => {
                        self.programs_equal += 1;
                        continue;
                    }
                    Some(difference) => format!("{difference:?}"),
                },
                None => match broken.iter().find(|(broken, _)| broken == name) {
                    Some((_, why)) => format!("not put together: {why}"),
                    None => "not found".to_owned(),
                },
            };
            equal = false;
            self.differences
                .push(format!("{object}/{name}  {difference}"));
        }
        self.objects_equal += usize::from(equal);
    }

    fn opened_percent(&self) -> f64 {
        percent(self.opened, self.objects)
    }

    fn equal_percent(&self) -> f64 {
        percent(self.objects_equal, self.opened)
    }

    fn print(&self, most: usize) {
        for line in self.differences.iter().take(most) {
            println!("{line}");
        }
        let mut reasons: Vec<_> = self.not_opened.iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (why, count) in reasons.iter().take(most) {
            println!("{count:6}  not opened: {why}");
        }
        println!(
            "objects {}  opened {} ({:.1} %)  of those equal throughout {} ({:.1} %)",
            self.objects,
            self.opened,
            self.opened_percent(),
            self.objects_equal,
            self.equal_percent()
        );
        println!(
            "programs compared {}  equal {} ({:.1} %)",
            self.programs,
            self.programs_equal,
            percent(self.programs_equal, self.programs)
        );
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
