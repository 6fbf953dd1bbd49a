//! Which outcomes are kept beside the values of a run.

use serde::Deserialize;
use sop_core::{Choice, Measurement, Params, ProtocolInfo};

/// Which outcomes are kept: those of every unit of a value, by which encoders are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Spelled")]
pub enum KeptOutcomes {
    /// Those of the values that the protocol is known by, at the reported setting.
    #[default]
    Chosen,
    /// Those of every value that has some.
    All,
    /// None.
    None,
}

/// As configs spell it: by name, or by whether outcomes are wanted.
#[derive(Deserialize)]
#[serde(untagged)]
enum Spelled {
    Wanted(bool),
    Named(Named),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Named {
    Chosen,
    All,
    None,
}

impl From<Spelled> for KeptOutcomes {
    fn from(spelled: Spelled) -> Self {
        match spelled {
            Spelled::Wanted(true) | Spelled::Named(Named::All) => Self::All,
            Spelled::Wanted(false) | Spelled::Named(Named::None) => Self::None,
            Spelled::Named(Named::Chosen) => Self::Chosen,
        }
    }
}

impl KeptOutcomes {
    /// The choices by name, as flags spell them.
    pub const CHOICES: [Choice<Self>; 3] = [
        Choice { value: Self::Chosen, name: "chosen", about: "of the values that the protocol is known by" },
        Choice { value: Self::All, name: "all", about: "of every value" },
        Choice { value: Self::None, name: "none", about: "of none" },
    ];

    /// Takes away the outcomes that are not kept.
    pub(super) fn keep(self, measurements: &mut [Measurement], info: &ProtocolInfo) {
        match self {
            Self::All => {}
            Self::None => measurements.iter_mut().for_each(|measurement| measurement.outcomes = None),
            Self::Chosen => {
                let chosen = chosen(measurements, info);
                for measurement in measurements {
                    let params = setting(&measurement.params, info);
                    // A protocol that is known by no value has few.
                    if !info.headlines.is_empty() && !chosen.contains(&params) {
                        measurement.outcomes = None;
                    }
                }
            }
        }
    }
}

/// The settings of the values that the protocol is known by; of a sweep that is no choice of the reader the best one.
fn chosen(measurements: &[Measurement], info: &ProtocolInfo) -> Vec<Params> {
    let is_known = |one: &&Measurement| {
        info.headlines.iter().any(|headline| headline.metric == one.metric && info.meets(headline, &one.params))
    };
    let known = measurements.iter().filter(is_known);
    let Some(sweep) = info.sweep.filter(|sweep| !sweep.side_by_side) else {
        return known.map(|one| setting(&one.params, info)).collect();
    };
    let mut best: Vec<(Params, &Measurement)> = Vec::new();
    for one in known.filter(|one| one.metric == sweep.chosen_by) {
        let mut without = setting(&one.params, info);
        without.remove(sweep.param);
        match best.iter_mut().find(|(params, _)| *params == without) {
            None => best.push((without, one)),
            Some((_, other)) if one.is_better_than(other) => *other = one,
            Some(_) => {}
        }
    }
    best.into_iter().map(|(_, one)| setting(&one.params, info)).collect()
}

/// What was asked for: the parameters without what came out, and without the part of the benchmark.
fn setting(params: &Params, info: &ProtocolInfo) -> Params {
    let is_part = |name: &str| info.parts.is_some_and(|parts| parts.param == name);
    let is_asked = |name: &str| !info.is_outcome(name) && !is_part(name);
    params.iter().filter(|(name, _)| is_asked(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}
