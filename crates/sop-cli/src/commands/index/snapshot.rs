use crate::args::{RestoreArgs, SnapshotArgs};
use crate::exit::ExitStatus;
use anyhow::{Result, bail};
use sop_suite::Environment;
pub fn snapshot(_args: &SnapshotArgs, _environment: &Environment<'_>) -> Result<ExitStatus> {
    bail!("to come")
}
pub fn restore(_args: &RestoreArgs, _environment: &Environment<'_>) -> Result<ExitStatus> {
    bail!("to come")
}
