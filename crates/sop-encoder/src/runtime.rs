//! Which engine runs ONNX models: ONNX Runtime where its library is found, else the built-in pure-Rust engine.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use ort::environment::Environment;

use crate::RuntimeError;

/// The engine asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RuntimeChoice {
    /// ONNX Runtime where its library is found, else the built-in engine.
    #[default]
    Auto,
    /// ONNX Runtime; not finding its library is an error.
    OnnxRuntime,
    /// The built-in pure-Rust engine.
    Tract,
    /// ONNX Runtime from this library file.
    Library(PathBuf),
}

impl From<&str> for RuntimeChoice {
    fn from(text: &str) -> Self {
        match text {
            "auto" | "" => Self::Auto,
            "onnxruntime" => Self::OnnxRuntime,
            "tract" => Self::Tract,
            path => Self::Library(PathBuf::from(path)),
        }
    }
}

/// How the library was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LibrarySource {
    /// Named by the caller.
    Named,
    /// Named by the environment variable `ORT_DYLIB_PATH`.
    Environment,
    /// Part of an installed Python package `onnxruntime`.
    PythonPackage,
}

/// The engine in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// ONNX Runtime.
    OnnxRuntime {
        /// The library file.
        library: PathBuf,
        /// How it was found.
        source: LibrarySource,
    },
    /// The built-in pure-Rust engine.
    Tract {
        /// The library that was found but could not be used, with the reason.
        unusable: Option<(PathBuf, String)>,
    },
}

/// A started engine. There is one per process: the first start decides.
pub struct Runtime {
    engine: Engine,
    name: String,
    environment: Environment,
}

static STARTED: OnceLock<Runtime> = OnceLock::new();

/// Held while an engine starts: two threads that start at a time must not both load one.
static STARTING: Mutex<()> = Mutex::new(());

impl Runtime {
    /// Starts the engine, or returns the one that runs already when the choice allows it.
    ///
    /// # Errors
    /// When a library that was asked for is missing or unusable, or the process runs on another engine already.
    pub fn start(choice: &RuntimeChoice) -> Result<&'static Self, RuntimeError> {
        let _one_at_a_time = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(started) = STARTED.get() {
            return if started.satisfies(choice) { Ok(started) } else { Err(RuntimeError::AlreadyStarted) };
        }
        let runtime = match choice {
            RuntimeChoice::Tract => Self::tract(None)?,
            RuntimeChoice::Library(path) => Self::onnx_runtime(path, LibrarySource::Named)?,
            RuntimeChoice::OnnxRuntime => match find_library() {
                Some((path, source)) => Self::onnx_runtime(&path, source)?,
                None => return Err(RuntimeError::NotFound),
            },
            RuntimeChoice::Auto => match find_library() {
                None => Self::tract(None)?,
                // Named by the user's environment: as binding as a flag.
                Some((path, LibrarySource::Environment)) => Self::onnx_runtime(&path, LibrarySource::Environment)?,
                Some((path, source)) => match Self::onnx_runtime(&path, source) {
                    Ok(runtime) => runtime,
                    Err(error) => Self::tract(Some((path, error.to_string())))?,
                },
            },
        };
        Ok(STARTED.get_or_init(|| runtime))
    }

    /// The engine in use.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Name and version, as they are stored with results, e.g. `onnxruntime 1.23.2`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    fn satisfies(&self, choice: &RuntimeChoice) -> bool {
        match (choice, &self.engine) {
            (RuntimeChoice::Auto, _)
            | (RuntimeChoice::Tract, Engine::Tract { .. })
            | (RuntimeChoice::OnnxRuntime, Engine::OnnxRuntime { .. }) => true,
            (RuntimeChoice::Library(path), Engine::OnnxRuntime { library, .. }) => path == library,
            _ => false,
        }
    }

    fn tract(unusable: Option<(PathBuf, String)>) -> Result<Self, RuntimeError> {
        ort::set_api(ort_tract::api());
        let environment = ort::init().build().map_err(RuntimeError::Start)?;
        Ok(Self { engine: Engine::Tract { unusable }, name: TRACT_NAME.to_owned(), environment })
    }

    fn onnx_runtime(path: &Path, source: LibrarySource) -> Result<Self, RuntimeError> {
        if !path.is_file() {
            return Err(RuntimeError::NoLibrary { path: path.to_owned() });
        }
        let load = |reason: String| RuntimeError::Load { path: path.to_owned(), reason };
        // Absolute, since a relative one would be looked up beside the program.
        let library = path.canonicalize().map_err(|error| load(error.to_string()))?;
        let builder = ort::init_from(&library).map_err(|error| load(error.to_string()))?;
        let environment = builder.with_name("sop").build().map_err(RuntimeError::Start)?;
        let name = format!("onnxruntime {}", library_version(&library));
        Ok(Self { engine: Engine::OnnxRuntime { library: path.to_owned(), source }, name, environment })
    }
}

/// The engine behind `ort-tract`, with the version it is built from.
const TRACT_NAME: &str = "tract 0.23";

/// The version in the library's file name (`libonnxruntime.so.1.23.2`), or the build's own words.
fn library_version(library: &Path) -> String {
    let name = library.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let version: Vec<&str> = name.split('.').filter(|part| digits(part)).collect();
    if version.len() >= 2 { version.join(".") } else { name }
}

/// Looks for ONNX Runtime: `ORT_DYLIB_PATH`, then the Python environments that a shell would use.
fn find_library() -> Option<(PathBuf, LibrarySource)> {
    if let Some(path) = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) {
        return Some((PathBuf::from(path), LibrarySource::Environment));
    }
    let package = python_prefixes().into_iter().find_map(|prefix| library_in_prefix(&prefix))?;
    Some((package, LibrarySource::PythonPackage))
}

/// Prefixes of Python installations: the active environment first, then those on the path.
fn python_prefixes() -> Vec<PathBuf> {
    let mut prefixes: Vec<PathBuf> =
        ["VIRTUAL_ENV", "CONDA_PREFIX"].iter().filter_map(std::env::var_os).map(PathBuf::from).collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    prefixes.extend(
        std::env::split_paths(&path)
            .filter(|folder| folder.join("python3").is_file())
            .filter_map(|folder| folder.parent().map(Path::to_owned)),
    );
    prefixes.extend(std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local")));
    prefixes
}

/// The library inside `<prefix>/lib/python3*/{site,dist}-packages/onnxruntime/capi`.
fn library_in_prefix(prefix: &Path) -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(prefix.join("lib")).ok()?.flatten().map(|entry| entry.path()).collect();
    folders.retain(|folder| folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python3")));
    // The newest interpreter first.
    folders.sort();
    folders.reverse();
    folders.into_iter().find_map(|folder| {
        ["site-packages", "dist-packages"].iter().find_map(|packages| {
            let capi = folder.join(packages).join("onnxruntime/capi");
            let mut files: Vec<PathBuf> = std::fs::read_dir(capi).ok()?.flatten().map(|entry| entry.path()).collect();
            files.retain(|file| {
                file.file_name().is_some_and(|name| {
                    let name = name.to_string_lossy();
                    name.starts_with("libonnxruntime.") || name == "onnxruntime.dll"
                })
            });
            files.sort();
            files.into_iter().next()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_found_in_a_python_prefix() {
        let prefix = tempfile::tempdir().unwrap();
        assert_eq!(library_in_prefix(prefix.path()), None);
        let capi = prefix.path().join("lib/python3.11/site-packages/onnxruntime/capi");
        std::fs::create_dir_all(&capi).unwrap();
        std::fs::write(capi.join("libonnxruntime_providers_shared.so"), b"").unwrap();
        assert_eq!(library_in_prefix(prefix.path()), None);
        let library = capi.join("libonnxruntime.so.1.23.2");
        std::fs::write(&library, b"").unwrap();
        assert_eq!(library_in_prefix(prefix.path()), Some(library.clone()));
        assert_eq!(library_version(&library), "1.23.2");
    }

    #[test]
    fn choices_are_read_from_text() {
        assert_eq!(RuntimeChoice::from("auto"), RuntimeChoice::Auto);
        assert_eq!(RuntimeChoice::from("tract"), RuntimeChoice::Tract);
        assert_eq!(RuntimeChoice::from("/x/libonnxruntime.so"), RuntimeChoice::Library("/x/libonnxruntime.so".into()));
    }
}
