//! A disk without room: what reads goes on, what writes says why not, and nothing is half done.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sop_collection::{Disk, Files, LogFile, Store, StoreOptions};
use sop_server::ServerConfig;

use crate::server::TestServer;

/// The real disk, whose logs take only so many bytes more.
#[derive(Clone, Default)]
struct SmallDisk {
    /// None where there is room enough.
    room: Arc<Mutex<Option<usize>>>,
}

impl SmallDisk {
    fn leave(&self, room: Option<usize>) {
        *self.room.lock().unwrap() = room;
    }
}

impl Files for SmallDisk {
    fn open_log(&self, path: &Path, length: u64) -> io::Result<Box<dyn LogFile>> {
        Ok(Box::new(SmallLog { disk: self.clone(), log: Disk.open_log(path, length)? }))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        Disk.sync_folder(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        Disk.remove(path)
    }
}

struct SmallLog {
    disk: SmallDisk,
    log: Box<dyn LogFile>,
}

impl LogFile for SmallLog {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut room = self.disk.room.lock().unwrap();
        let Some(left) = room.as_mut() else { return self.log.append(bytes) };
        // As much as there is room for is written, as a real disk does.
        let fitting = bytes.len().min(*left);
        *left -= fitting;
        self.log.append(&bytes[..fitting])?;
        if fitting < bytes.len() { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.log.sync()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.log.cut(length)
    }
}

fn server_on(folder: &Path, disk: &SmallDisk) -> TestServer {
    let options = StoreOptions { create: true, files: Arc::new(disk.clone()), ..StoreOptions::default() };
    TestServer::with_store(Store::open(folder, options).unwrap(), ServerConfig::default())
}

fn all(server: &TestServer) -> Value {
    server.post("/collections/a/points/scroll", &json!({"limit": 1000, "with_vector": true})).result()
}

#[test]
fn a_full_disk_refuses_changes_with_the_reason_and_searches_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let disk = SmallDisk::default();
    let mut server = server_on(folder.path(), &disk).with_points("a", 5);
    let before = all(&server);
    let point = |id: u64| json!({"points": [{"id": id, "vector": [9, 9], "payload": {"label": 9}}]});
    let changes = [
        ("PUT", "points", point(2)),
        ("PUT", "points", point(77)),
        ("POST", "points/delete", json!({"points": [1]})),
        ("POST", "points/payload", json!({"payload": {"label": 8}, "filter": {}})),
        ("POST", "points/payload/clear", json!({"points": [4]})),
        ("POST", "points/batch", json!({"operations": [{"upsert": point(3)}, {"delete": {"points": [0]}}]})),
    ];
    // Nothing fits, half of a record's header, a whole one, a part of its body.
    for room in [0, 10, 20, 30] {
        for (method, path, body) in &changes {
            disk.leave(Some(room));
            let error = server.send(method, &format!("/collections/a/{path}"), body).error(507);
            assert!(error.contains("not made") && error.contains("the disk is full"), "{path}: {error}");
            assert_eq!(all(&server), before, "{path} with room for {room} bytes");
        }
        let found = server.post("/collections/a/points/query", &json!({"query": [1, 0], "limit": 1})).result();
        assert_eq!(found["points"][0]["id"], 4);
    }
    disk.leave(Some(10));
    let body = json!({"vectors": {"size": 2, "distance": "Dot"}});
    assert!(server.put("/collections/b", &body).error(507).contains("the disk is full"));
    server.get("/collections/b").error(404);
    assert_eq!(server.get("/readyz").status, 200);
    // With room again, writing goes on where it was.
    disk.leave(None);
    server.put("/collections/b", &body).result();
    for (method, path, body) in &changes {
        server.send(method, &format!("/collections/a/{path}"), body).result();
    }
    let after = all(&server);
    assert_ne!(after, before);
    server.end();
    assert_eq!(all(&server_on(folder.path(), &disk)), after);
}

#[test]
fn many_who_write_to_a_full_disk_are_each_answered_truly() {
    let folder = tempfile::tempdir().unwrap();
    let disk = SmallDisk::default();
    let mut server = server_on(folder.path(), &disk).with_points("a", 0);
    // Room for some of the changes, which share their writes.
    disk.leave(Some(700));
    let statuses: Vec<(u64, u16)> = std::thread::scope(|scope| {
        let put = |id: u64| {
            let server = &server;
            let body = json!({"points": [{"id": id, "vector": [1, id]}]});
            scope.spawn(move || (id, server.put("/collections/a/points", &body).status))
        };
        let sent: Vec<_> = (0..40).map(put).collect();
        sent.into_iter().map(|sent| sent.join().unwrap()).collect()
    });
    assert!(statuses.iter().all(|(_, status)| [200, 507].contains(status)), "{statuses:?}");
    assert!(statuses.iter().any(|(_, status)| *status == 507));
    let made = |statuses: &[(u64, u16)]| -> Vec<Value> {
        statuses.iter().filter(|(_, status)| *status == 200).map(|(id, _)| json!(id)).collect()
    };
    let there = |server: &TestServer| -> Vec<Value> {
        all(server)["points"].as_array().unwrap().iter().map(|point| point["id"].clone()).collect()
    };
    assert_eq!(there(&server), made(&statuses));
    server.end();
    disk.leave(None);
    assert_eq!(there(&server_on(folder.path(), &disk)), made(&statuses));
}
