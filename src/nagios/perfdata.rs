//! Performance data in the form of the Monitoring Plugins guidelines: one number for each label.
//!
//! nagiosplugin's `PerfString` can't render ours: it takes plain numbers for thresholds, not ranges
//! (`1:5`), ends every item in an empty maximum, and does not quote labels safely.

use std::collections::HashSet;

use crate::nagios::range::{Range, Thresholds};

/// One item.
#[derive(Clone, Debug, PartialEq)]
pub struct Perfdata {
    /// Its name. The rendering replaces characters that the format does not allow.
    pub label: String,
    /// The measured value.
    pub value: f64,
    /// Unit of measurement: empty, `s`, `%`, `B` or `c`.
    pub unit: &'static str,
    /// The ranges it was compared with.
    pub thresholds: Thresholds,
}

impl Perfdata {
    /// A number without thresholds.
    pub fn plain(label: impl Into<String>, value: f64) -> Self {
        Self { label: label.into(), value, unit: "", thresholds: Thresholds::default() }
    }

    /// Renders each item as `'label'=value[UOM];warn;crit;min`. A repeated label gets a number. The minimum
    /// is 0; a negative value has none.
    ///
    /// In labels `=` becomes `:`. Other characters that the format does not allow become `_`.
    pub(crate) fn render(items: &[Self]) -> Vec<String> {
        let mut taken = HashSet::new();
        items.iter().map(|item| item.rendered(&mut taken)).collect()
    }

    fn rendered(&self, taken: &mut HashSet<String>) -> String {
        let plain: String = self.label.chars().map(harmless).collect();
        let mut label = plain.clone();
        for number in 2.. {
            if taken.insert(label.clone()) {
                break;
            }
            label = format!("{plain}_{number}");
        }
        let shown =
            |range: Option<Range>| range.map_or_else(String::new, |range| range.to_string());
        let Thresholds { warning, critical } = self.thresholds;
        let (warning, critical) = (shown(warning), shown(critical));
        let least = if self.value < 0.0 { "" } else { "0" };
        format!("'{label}'={}{};{warning};{critical};{least}", rounded(self.value), self.unit)
    }
}

const fn harmless(c: char) -> char {
    match c {
        '=' => ':',
        '\'' | '|' | '"' | ';' => '_',
        c if c.is_ascii_control() => '_',
        c => c,
    }
}

/// Rounds to two decimal places, which is enough for a graph.
fn rounded(value: f64) -> f64 {
    let rounded = (value * 100.0).round() / 100.0;
    if rounded.is_finite() { rounded } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_quoted_unique_and_in_order() {
        let thresholds = Thresholds { warning: None, critical: Range::of_spec("1-5").ok() };
        let of = |label: &str, value| Perfdata { thresholds, ..Perfdata::plain(label, value) };
        assert_eq!(
            Perfdata::render(&[of("cron", 2.0), of("a=b|'", 0.0), of("cron", 1.234)]),
            ["'cron'=2;;1:5;0", "'a:b__'=0;;1:5;0", "'cron_2'=1.23;;1:5;0"]
        );
        let share = Perfdata { unit: "%", ..Perfdata::plain("max", 99.999) };
        assert_eq!(Perfdata::render(&[share]), ["'max'=100%;;;0"]);
        assert_eq!(Perfdata::render(&[Perfdata::plain("score", -500.0)]), ["'score'=-500;;;"]);
    }
}
