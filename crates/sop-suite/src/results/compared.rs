//! Many encoders compared, value by value.

use std::collections::BTreeMap;

use sop_core::{Params, ProtocolInfo, ResultRecord, Sweep};
use sop_eval::PROTOCOLS;
use sop_eval::statistics::{Compared, Comparison, ComparisonOptions, Method, MethodTest, compare_all, compare_methods};
use sop_report::{dataset_label, encoder_label, params_label};

use super::matching::Row;
use super::runs::StoredRun;
use super::stored_outcomes::StoredOutcomes;
use crate::error::{Result, refuse};

/// Which values are compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selected {
    /// Those of this metric; those that the protocols are known by where none is named.
    pub metric: Option<String>,
    /// Those with these parameters.
    pub params: BTreeMap<String, serde_json::Value>,
    /// Of values that differ in a swept parameter alone, such as `k`, only those at which the best encoder is best.
    pub best_of_sweep: bool,
    /// Only encoders whose outcomes were kept, where there are two such. Without it nothing is tested where one has none.
    pub with_outcomes: bool,
}

/// Encoders compared by one value of each.
#[derive(Debug)]
pub struct ComparedValue<'a> {
    /// The parameters that all have.
    pub params: Params,
    /// The parameter of which each encoder has the value that is best for it on these images.
    pub best_of: Option<&'static str>,
    /// The rows, one for each encoder, in the order in which the encoders first come.
    pub rows: Vec<Row<'a>>,
    /// What each encoder is called; the feature is named where an encoder has several.
    pub names: Vec<String>,
    /// What the units say, or why nothing is known of them.
    pub comparison: Result<Comparison, String>,
    /// The encoders of each method by their places, where methods are known of all.
    pub methods: Vec<(String, Vec<usize>)>,
    /// What the seeds say of each pair of methods.
    pub method_tests: Vec<MethodTest>,
    /// In what the rows differ besides the encoder, with the values of each row.
    pub differing: Vec<(&'static str, Vec<String>)>,
    /// The swept parameter whose value is the one at which the best encoder is best, where only that one is compared.
    pub at_best: Option<&'static str>,
    /// Encoders that were left out because their outcomes were not kept.
    pub without_outcomes: Vec<String>,
    /// Rows that a later run of the same measurement stands for.
    pub older: usize,
}

impl ComparedValue<'_> {
    /// Whether at least two methods have several seeds each, so that something can be said of methods.
    #[must_use]
    pub fn has_seeds(&self) -> bool {
        self.methods.iter().filter(|(_, places)| places.len() > 1).count() > 1
    }
}

/// A field by its name, and how it is read off a row.
type Field = (&'static str, fn(&ResultRecord) -> Option<String>);

/// What has to agree where both know it: values of other images, labels or versions say nothing of the encoders.
const SAME: [Field; 4] = [
    ("protocol_version", |record| Some(record.protocol_version.to_string())),
    ("dataset_sha256", |record| record.dataset_sha256.clone()),
    ("reference_sha256", |record| record.reference_sha256.clone()),
    ("num_skipped", |record| record.num_skipped.map(|skipped| skipped.to_string())),
];

/// What may differ between encoders, and is said.
const SAID: [Field; 3] = [
    ("feature", |record| record.feature.clone()),
    ("transform", |record| record.transform.clone()),
    ("seed", |record| Some(record.seed.to_string())),
];

/// Compares all encoders of the runs, for each value that at least two of them have.
///
/// # Errors
/// When no two encoders have a value in common, values of one name are of different data or versions, or outcomes cannot be read.
pub fn compare_encoders<'a>(
    runs: &'a [StoredRun],
    selected: &Selected,
    against: Option<&str>,
    options: &ComparisonOptions,
) -> Result<Vec<ComparedValue<'a>>> {
    let mut stored = StoredOutcomes::default();
    let found = compare_each(runs, selected, against, options, &mut stored)?.into_iter().collect::<Result<Vec<_>>>()?;
    if found.is_empty() {
        refuse!(
            "no two encoders have a value of one measurement: compare results of one protocol, data set, split and parameters; \
             --metric and --setting choose others than those that a protocol is known by"
        );
    }
    Ok(found)
}

/// The same, where a value that cannot be compared does not stand in the way of others; `stored` keeps the outcomes that were read.
pub(super) fn compare_each<'a>(
    runs: &'a [StoredRun],
    selected: &Selected,
    against: Option<&str>,
    options: &ComparisonOptions,
    stored: &mut StoredOutcomes,
) -> Result<Vec<Result<ComparedValue<'a>>>> {
    let mut several: Vec<Standing<'a>> =
        by_value(runs, selected).into_iter().map(latest).filter(|value| value.rows.len() > 1).collect();
    several.iter().flat_map(|value| &value.rows).try_for_each(|row| stored.read(row))?;
    if selected.best_of_sweep {
        several = best_of_sweeps(several, selected, stored);
    }
    let each = several.into_iter().map(|value| compared(value, selected, against, stored, options));
    Ok(each.collect())
}

/// The rows of one value that stand, one for each encoder.
struct Standing<'a> {
    rows: Vec<Row<'a>>,
    /// How many rows of earlier runs there are.
    older: usize,
}

/// For each row whether it is compared: all are, or those whose outcomes were kept where that is asked for and there are two such.
fn are_compared(rows: &[Row<'_>], selected: &Selected, stored: &StoredOutcomes) -> Vec<bool> {
    let are_kept: Vec<bool> = rows.iter().map(|row| !selected.with_outcomes || stored.of(row).is_ok()).collect();
    match are_kept.iter().filter(|is_kept| **is_kept).count() {
        0 | 1 => vec![true; rows.len()],
        _ => are_kept,
    }
}

/// What names a value: with these parameters, of all that the row has.
fn value_key(record: &ResultRecord, params: &Params) -> [String; 5] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let params = serde_json::to_string(params).unwrap_or_default();
    [record.protocol.clone(), text(&record.dataset), text(&record.split), params, record.metric.clone()]
}

/// The rows of each value, in the order in which they first come.
fn by_value<'a>(runs: &'a [StoredRun], selected: &Selected) -> Vec<Vec<Row<'a>>> {
    let mut order: Vec<Vec<Row<'a>>> = Vec::new();
    let mut places: BTreeMap<[String; 5], usize> = BTreeMap::new();
    for (run, record) in runs.iter().flat_map(|run| run.records.iter().map(move |record| (run, record))) {
        if !is_selected(record, selected) {
            continue;
        }
        let key = value_key(record, &asked(record, selected));
        let place = *places.entry(key).or_insert(order.len());
        match order.get_mut(place) {
            Some(rows) => rows.push(Row { run, record }),
            None => order.push(vec![Row { run, record }]),
        }
    }
    order
}

/// Keeps of values that differ in a swept parameter alone the one at which the best encoder of those that are compared is best, the first
/// of equal ones.
fn best_of_sweeps<'a>(values: Vec<Standing<'a>>, selected: &Selected, stored: &StoredOutcomes) -> Vec<Standing<'a>> {
    let mut kept: Vec<([String; 5], &ResultRecord, Standing<'a>)> = Vec::new();
    for value in values {
        let compared = value.rows.iter().zip(are_compared(&value.rows, selected, stored)).filter(|(_, is)| *is);
        let records = compared.map(|(row, _)| row.record);
        let best = records.reduce(|best, next| if next.is_better_than(best) { next } else { best });
        let Some(best) = best else { continue };
        let mut params = asked(best, selected);
        if let Some(sweep) = side_by_side(best) {
            params.remove(sweep.param);
        }
        let key = value_key(best, &params);
        match kept.iter_mut().find(|(known, ..)| *known == key) {
            None => kept.push((key, best, value)),
            Some(known) if best.is_better_than(known.1) => *known = (key, best, value),
            Some(_) => {}
        }
    }
    kept.into_iter().map(|(_, _, value)| value).collect()
}

/// The sweep whose values stand side by side, such as several `k`.
fn side_by_side(record: &ResultRecord) -> Option<Sweep> {
    ProtocolInfo::find(&PROTOCOLS, &record.protocol)?.sweep.filter(|sweep| sweep.side_by_side)
}

/// The parameters that were asked for: without what came out, what a run chose itself, and what whoever reads chooses the best of.
fn asked(record: &ResultRecord, selected: &Selected) -> Params {
    let mut params = record.params.clone();
    let Some(info) = ProtocolInfo::find(&PROTOCOLS, &record.protocol) else { return params };
    params
        .retain(|name, _| !info.outcome_params.contains(&name.as_str()) && !info.is_chosen_param(&record.params, name));
    if let Some(sweep) = best_of(record, selected) {
        params.remove(sweep.param);
    }
    params
}

/// The sweep of which the best value stands for an encoder: where a value is chosen for the reader, and none is named.
fn best_of(record: &ResultRecord, selected: &Selected) -> Option<Sweep> {
    let sweep = ProtocolInfo::find(&PROTOCOLS, &record.protocol)?.sweep?;
    let is_best = !sweep.side_by_side && sweep.chosen_by == record.metric && !selected.params.contains_key(sweep.param);
    is_best.then_some(sweep)
}

fn is_selected(record: &ResultRecord, selected: &Selected) -> bool {
    let has = |(name, value): (&String, &serde_json::Value)| record.params.get(name) == Some(value);
    if !selected.params.iter().all(has) {
        return false;
    }
    match &selected.metric {
        Some(metric) => record.metric == *metric,
        None => ProtocolInfo::find(&PROTOCOLS, &record.protocol)
            .is_some_and(|info| info.headlines.iter().any(|headline| headline.fits(&record.metric, &record.params))),
    }
}

/// Of each encoder the best row of its latest run.
fn latest(rows: Vec<Row<'_>>) -> Standing<'_> {
    let mut kept: Vec<Row<'_>> = Vec::new();
    let mut older = 0;
    let who = |record: &ResultRecord| {
        (
            record.encoder.clone(),
            record.encoder_sha256.clone(),
            record.feature.clone(),
            record.transform.clone(),
            record.seed,
        )
    };
    for row in rows {
        match kept.iter_mut().find(|known| who(known.record) == who(row.record)) {
            None => kept.push(row),
            Some(known) if known.record.run_id == row.record.run_id => {
                if row.record.is_better_than(known.record) {
                    *known = row;
                }
            }
            Some(known) => {
                older += 1;
                if row.record.created_at > known.record.created_at {
                    *known = row;
                }
            }
        }
    }
    Standing { rows: kept, older }
}

fn compared<'a>(
    Standing { rows, older }: Standing<'a>,
    selected: &Selected,
    against: Option<&str>,
    stored: &StoredOutcomes,
    options: &ComparisonOptions,
) -> Result<ComparedValue<'a>> {
    check_same(&rows)?;
    let (mut names, mut without_outcomes) = (Vec::new(), Vec::new());
    let mut kept = Vec::new();
    let all = self::names(&rows).into_iter().zip(are_compared(&rows, selected, stored));
    for ((name, is_compared), row) in all.zip(&rows) {
        if is_compared {
            names.push(name);
            kept.push(*row);
        } else {
            without_outcomes.push(name);
        }
    }
    let rows = kept;
    let options = match against {
        None => *options,
        Some(against) => ComparisonOptions {
            family: sop_eval::statistics::Family::Against(match names.iter().position(|name| name == against) {
                Some(place) => place,
                None => refuse!("no encoder is called {against}; there are {}", names.join(", ")),
            }),
            ..*options
        },
    };
    let outcomes: Result<Vec<_>, String> =
        rows.iter().zip(&names).map(|(row, name)| stored.of(row).map_err(|why| format!("{name} {why}"))).collect();
    let comparison = outcomes.and_then(|outcomes| {
        let compared: Vec<Compared<'_>> = outcomes
            .into_iter()
            .zip(&rows)
            .zip(&names)
            .map(|((outcomes, row), name)| Compared { name, outcomes, higher_is_better: row.record.higher_is_better })
            .collect();
        compare_all(&compared, &options).map_err(|error| error.to_string())
    });
    let methods = methods(&rows);
    let values: Vec<Vec<f64>> = methods
        .iter()
        .map(|(_, places)| places.iter().filter_map(|&place| rows[place].record.value).collect())
        .collect();
    let with_values: Vec<Method<'_>> =
        methods.iter().zip(&values).map(|((name, _), values)| Method { name, values }).collect();
    let method_tests = compare_methods(&with_values);
    let differing = SAID.iter().filter_map(|(name, field)| {
        let values: Vec<String> = rows.iter().map(|row| field(row.record).unwrap_or_default()).collect();
        values.windows(2).any(|pair| pair[0] != pair[1]).then_some((*name, values))
    });
    Ok(ComparedValue {
        params: asked(rows[0].record, selected),
        best_of: best_of(rows[0].record, selected).map(|sweep| sweep.param),
        at_best: side_by_side(rows[0].record).filter(|_| selected.best_of_sweep).map(|sweep| sweep.param),
        without_outcomes,
        differing: differing.collect(),
        comparison,
        names,
        methods,
        method_tests,
        older,
        rows,
    })
}

/// Refuses rows of different data or versions.
fn check_same(rows: &[Row<'_>]) -> Result<()> {
    for (field, get) in SAME {
        let mut known: Option<(&Row<'_>, String)> = None;
        for row in rows {
            let Some(value) = get(row.record) else { continue };
            match &known {
                None => known = Some((row, value)),
                Some((first, of_first)) if *of_first != value => refuse!(
                    "{} of {} on {} [{}] cannot be compared: `{field}` is {of_first} in the run {} and {value} in the run {}; \
                     leave one of them out, or measure both alike",
                    first.record.metric,
                    first.record.protocol,
                    dataset_label(first.record),
                    params_label(&first.record.params),
                    first.record.run_id,
                    row.record.run_id
                ),
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// What each encoder is called: its name, and where several have it what tells them apart: the feature, the beginning of the hash, the seed
/// or the run.
fn names(rows: &[Row<'_>]) -> Vec<String> {
    let parts: [Field; 4] = [
        ("feature", |record| record.feature.clone()),
        ("encoder_sha256", |record| record.encoder_sha256.as_ref().map(|hash| hash.chars().take(8).collect())),
        ("seed", |record| Some(format!("seed {}", record.seed))),
        ("run_id", |record| Some(format!("run {}", record.run_id))),
    ];
    let mut names: Vec<String> = rows.iter().map(|row| encoder_label(row.record)).collect();
    for (_, part) in parts {
        let more: Vec<Option<String>> = rows.iter().map(|row| part(row.record)).collect();
        let tells = |place: usize| {
            let alike = |other: &usize| names.get(*other) == names.get(place);
            (0..rows.len()).filter(alike).any(|other| more.get(other) != more.get(place))
        };
        let told: Vec<bool> = (0..rows.len()).map(tells).collect();
        for ((name, tells), more) in names.iter_mut().zip(told).zip(more) {
            if let Some(more) = more.filter(|_| tells) {
                name.push_str(&format!(" ({more})"));
            }
        }
    }
    names
}

/// What of an encoder's description may differ between seeds of one method.
const OF_A_SEED: [&str; 4] = ["seed", "source_sha256", "source_key", "exporter"];

/// The encoders of each method, where the method of each is known and there are several.
///
/// Encoders are seeds of one method where all else that is known of their training and their network is alike, and their seeds differ. A
/// method's name has what tells it from others of the same name. Nothing is said of methods where two encoders do not differ in the seed.
fn methods(rows: &[Row<'_>]) -> Vec<(String, Vec<usize>)> {
    let mut methods: Vec<(BTreeMap<&str, &serde_json::Value>, Vec<usize>)> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let meta = &row.record.encoder_meta;
        if meta.get("method").is_none_or(|method| !method.is_string()) {
            return Vec::new();
        }
        let known = meta.iter().map(|(key, value)| (key.as_str(), value));
        let known: BTreeMap<_, _> = known.filter(|(key, _)| !OF_A_SEED.contains(key)).collect();
        match methods.iter_mut().find(|(other, _)| *other == known) {
            Some((_, places)) => places.push(place),
            None => methods.push((known, vec![place])),
        }
    }
    let seed = |place: &usize| rows[*place].record.encoder_meta.get("seed").map(ToString::to_string);
    let are_seeds = |places: &Vec<usize>| {
        let seeds: Vec<Option<String>> = places.iter().map(seed).collect();
        places.len() == 1
            || seeds.iter().enumerate().all(|(place, seed)| seed.is_some() && !seeds[..place].contains(seed))
    };
    if methods.len() < 2 || !methods.iter().all(|(_, places)| are_seeds(places)) {
        return Vec::new();
    }
    let name = |known: &BTreeMap<&str, &serde_json::Value>| {
        let method = known.get("method").and_then(|method| method.as_str()).unwrap_or_default();
        let others = methods.iter().map(|(other, _)| other).filter(|other| other.get("method") == known.get("method"));
        let differing: Vec<String> = known
            .iter()
            .filter(|(key, value)| others.clone().any(|other| other.get(*key) != Some(value)))
            .map(|(key, value)| format!("{key}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect();
        if differing.is_empty() { method.to_owned() } else { format!("{method} ({})", differing.join(", ")) }
    };
    methods.iter().map(|(known, places)| (name(known), places.clone())).collect()
}
