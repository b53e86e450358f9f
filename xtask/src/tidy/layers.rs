//! The crate table of ARCHITECTURE.md: a crate depends only on crates of a smaller layer.

use std::collections::BTreeMap;

use super::Problem;
use super::repository::{Dependency, Package, Repository};

const PLACE: &str = "ARCHITECTURE.md";

/// Where a crate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Number(u32),
    /// A tool of the repository: may depend on all, nothing on it.
    Dev,
}

/// Compares the table with the manifests. Dev-dependencies are free.
pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    let layers = layers(repository, &mut problems);
    for package in &repository.packages {
        match layers.get(package.name.as_str()) {
            Some(Layer::Number(layer)) => {
                problems.extend(upwards(package, *layer, &layers));
            }
            Some(Layer::Dev) => {}
            None => {
                let what = format!("the crate table lacks {}", package.name);
                problems.push(Problem::error(PLACE, what));
            }
        }
    }
    for name in layers.keys() {
        if !repository
            .packages
            .iter()
            .any(|package| package.name == *name)
        {
            problems.push(Problem::error(PLACE, format!("{name} is no crate")));
        }
    }
    problems
}

fn layers<'a>(repository: &'a Repository, problems: &mut Vec<Problem>) -> BTreeMap<&'a str, Layer> {
    let mut layers = BTreeMap::new();
    for row in repository.table("Crates") {
        let [layer, name, ..] = row.as_slice() else {
            continue;
        };
        let name = name.trim_matches('`');
        match (layer.parse(), *layer) {
            (Ok(number), _) => {
                layers.insert(name, Layer::Number(number));
            }
            (Err(_), "dev") => {
                layers.insert(name, Layer::Dev);
            }
            (Err(_), other) => {
                problems.push(Problem::error(PLACE, format!("{name}: no layer: {other}")));
            }
        }
    }
    layers
}

/// The dependencies of `package` that do not stand below `layer`.
fn upwards<'a>(
    package: &'a Package,
    layer: u32,
    layers: &'a BTreeMap<&str, Layer>,
) -> impl Iterator<Item = Problem> + 'a {
    let ordinary = |dependency: &&Dependency| dependency.kind.as_deref() != Some("dev");
    package
        .dependencies
        .iter()
        .filter(ordinary)
        .filter(
            move |dependency| match layers.get(dependency.name.as_str()) {
                Some(Layer::Number(below)) => *below >= layer,
                Some(Layer::Dev) => true,
                // Not a crate of ours.
                None => false,
            },
        )
        .map(move |dependency| {
            let what = format!(
                "layer {layer} may not depend on {}, which is not below it",
                dependency.name
            );
            Problem::error(&package.name, what)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Package {
        Package {
            name: name.to_owned(),
            license: None,
            description: None,
            dependencies: dependencies
                .iter()
                .map(|(name, kind)| Dependency {
                    name: (*name).to_owned(),
                    kind: kind.map(str::to_owned),
                })
                .collect(),
        }
    }

    fn problems(packages: Vec<Package>) -> Vec<String> {
        let table = "# Crates\n| layer | crate |\n|---|---|\n| 0 | `low` |\n| 1 | `high` |\n| dev | `tool` |\n";
        check(&Repository {
            files: [("ARCHITECTURE.md".to_owned(), table.to_owned())].into(),
            packages,
        })
        .into_iter()
        .map(|problem| format!("{}: {}", problem.place, problem.what))
        .collect()
    }

    #[test]
    fn downwards_and_outwards_is_allowed() {
        let none = problems(vec![
            package("low", &[("libc", None), ("high", Some("dev"))]),
            package("high", &[("low", None)]),
            package("tool", &[("high", None)]),
        ]);
        assert!(none.is_empty(), "{none:?}");
    }

    #[test]
    fn upwards_sideways_and_unknown_is_not() {
        assert_eq!(
            problems(vec![
                package("low", &[("high", None)]),
                package("high", &[("tool", None), ("high", None)]),
                package("new", &[]),
            ]),
            [
                "low: layer 0 may not depend on high, which is not below it",
                "high: layer 1 may not depend on tool, which is not below it",
                "high: layer 1 may not depend on high, which is not below it",
                "ARCHITECTURE.md: the crate table lacks new",
                "ARCHITECTURE.md: tool is no crate",
            ]
        );
    }
}
