//! Settings that a config leaves out.

/// Puts the user's values over the defaults, table by table.
pub(crate) fn merge(defaults: &mut toml::Table, given: toml::Table) {
    for (key, value) in given {
        match (defaults.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(value)) => merge(below, value),
            (_, value) => {
                defaults.insert(key, value);
            }
        }
    }
}
