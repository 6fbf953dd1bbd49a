use crate::args::ServeArgs;
use crate::exit::ExitStatus;
use anyhow::{Result, bail};
use sop_suite::Environment;
pub fn run(_args: &ServeArgs, _environment: &Environment<'_>) -> Result<ExitStatus> {
    bail!("to come")
}
