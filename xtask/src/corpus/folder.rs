//! A directory of recorded loads.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use regex::Regex;

use super::unit::{Mode, Unit};

/// A row and the name it is reported under, `corpus/object/program`.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) corpus: String,
    pub(crate) unit: Unit,
}

/// Which rows are wanted.
#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) mode: Mode,
    /// Matched anywhere in the row's name.
    pub(crate) name: Option<Regex>,
}

/// The kernel that gave the answers.
#[derive(Debug)]
pub(crate) struct RecordedKernel {
    pub(crate) release: String,
    /// Its BTF, raw.
    pub(crate) btf: Vec<u8>,
}

/// A corpus directory: `units/` and `btf/`.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Opens `root`, which must hold a `units` directory.
    pub(crate) fn open(root: &Path) -> Result<Self> {
        if !root.join("units").is_dir() {
            bail!("{} is no corpus: it has no units directory", root.display());
        }
        Ok(Self {
            root: root.to_path_buf(),
        })
    }

    /// The rows `filter` lets through, files in the order of their names, rows in the order of the file.
    ///
    /// Rows that named another program at load are left out: they cannot be re-issued alone.
    pub(crate) fn rows(&self, filter: &Filter) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for file in json_lines_files(&self.root.join("units"))? {
            for_each_line(&file.path, |line| {
                let unit: Unit = serde_json::from_str(line)?;
                if unit.mode != filter.mode || unit.attach_prog_or_btf_fd != 0 {
                    return Ok(());
                }
                let name = format!("{}/{}/{}", file.corpus, unit.object, unit.program);
                if filter.name.as_ref().is_none_or(|re| re.is_match(&name)) {
                    rows.push(Row {
                        name,
                        corpus: file.corpus.clone(),
                        unit,
                    });
                }
                Ok(())
            })?;
        }
        Ok(rows)
    }

    /// The BTF blob a row names.
    pub(crate) fn btf(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.root.join("btf").join(format!("{name}.btf"));
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// The kernel the rows were recorded on, from `vmlinux-RELEASE.btf.gz`, if it is there.
    pub(crate) fn kernel(&self) -> Result<Option<RecordedKernel>> {
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let release = name
                .strip_prefix("vmlinux-")
                .and_then(|rest| rest.strip_suffix(".btf.gz"));
            if let Some(release) = release {
                let mut btf = Vec::new();
                GzDecoder::new(File::open(entry.path())?).read_to_end(&mut btf)?;
                let release = release.to_owned();
                return Ok(Some(RecordedKernel { release, btf }));
            }
        }
        Ok(None)
    }

    /// Calls `each` with (corpus, line) for every line below the sub-directory `kind`, if there is one.
    pub(crate) fn lines(
        &self,
        kind: &str,
        mut each: impl FnMut(&str, &str) -> Result<()>,
    ) -> Result<()> {
        let directory = self.root.join(kind);
        if !directory.is_dir() {
            return Ok(());
        }
        for file in json_lines_files(&directory)? {
            for_each_line(&file.path, |line| each(&file.corpus, line))?;
        }
        Ok(())
    }
}

struct JsonLinesFile {
    corpus: String,
    path: PathBuf,
}

fn json_lines_files(directory: &Path) -> Result<Vec<JsonLinesFile>> {
    let mut files = Vec::new();
    for entry in
        fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?
    {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let corpus = name
            .strip_suffix(".jsonl.gz")
            .or_else(|| name.strip_suffix(".jsonl"));
        if let Some(corpus) = corpus {
            files.push(JsonLinesFile {
                corpus: corpus.to_owned(),
                path,
            });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn for_each_line(path: &Path, mut each: impl FnMut(&str) -> Result<()>) -> Result<()> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let reader: Box<dyn BufRead> = if path.extension().is_some_and(|ext| ext == "gz") {
        Box::new(BufReader::with_capacity(1 << 18, GzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    };
    for (index, line) in reader.lines().enumerate() {
        let line = line.with_context(|| format!("cannot read {}", path.display()))?;
        if !line.trim().is_empty() {
            each(&line).with_context(|| format!("{} line {}", path.display(), index + 1))?;
        }
    }
    Ok(())
}
