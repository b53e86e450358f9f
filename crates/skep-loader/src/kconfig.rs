//! [`Kconfig`]: a kernel's configuration, as `/proc/config.gz` unpacked.

use std::collections::HashMap;

/// `CONFIG_` options and their values as text.
#[derive(Clone, Debug, Default)]
pub struct Kconfig {
    values: HashMap<String, String>,
}

impl Kconfig {
    /// Reads `CONFIG_X=value` lines; comments and anything else are passed over.
    pub fn parse(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| line.trim().split_once('='));
        let options = pairs.filter(|(name, _)| name.starts_with("CONFIG_"));
        Self {
            values: options
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    /// The value of an option: `y`, `m`, a number, or text in quotes.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::Kconfig;

    #[test]
    fn options_are_lines() {
        let config = Kconfig::parse("# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_C=\"a=b\"\n");
        assert_eq!(config.get("CONFIG_A"), None);
        assert_eq!(config.get("CONFIG_B"), Some("y"));
        assert_eq!(config.get("CONFIG_C"), Some("\"a=b\""));
    }
}
