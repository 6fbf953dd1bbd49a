//! The document of all routes.

use serde_json::Value;
use sop_server::ServerConfig;

use crate::client::request;
use crate::server::TestServer;

fn document(server: &TestServer) -> Value {
    let reply = server.get("/openapi.json");
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    reply.json()
}

#[test]
fn every_route_of_the_document_is_served_and_every_reference_leads_somewhere() {
    let server = TestServer::start(ServerConfig::default());
    let api = document(&server);
    assert_eq!(api["openapi"].as_str().unwrap().split('.').next(), Some("3"));
    let mut routes = 0;
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            routes += 1;
            let named: Vec<&str> = path.split('{').skip(1).map(|part| part.split('}').next().unwrap()).collect();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let in_path: Vec<&str> =
                parameters.iter().filter(|p| p["in"] == "path").map(|p| p["name"].as_str().unwrap()).collect();
            assert_eq!(in_path, named, "{method} {path}");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{method} {path}");
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.values().all(|answer| answer["description"].is_string()), "{method} {path}");
            let concrete = named.iter().fold(path.clone(), |path, name| path.replace(&format!("{{{name}}}"), "x"));
            let reply = request(server.addr, &method.to_uppercase(), &concrete, &[], &[]);
            // A collection that is not there is 404, too, but not with these words.
            assert!(
                reply.status != 405 && !String::from_utf8_lossy(&reply.body).contains("no route"),
                "{method} {path}"
            );
        }
    }
    assert!(routes >= 30, "{routes}");
    check_references(&api, &api);
}

fn check_references(value: &Value, api: &Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                let target = api.pointer(reference.trim_start_matches('#'));
                assert!(target.is_some(), "{reference} leads nowhere");
            }
            fields.values().for_each(|field| check_references(field, api));
        }
        Value::Array(elements) => elements.iter().for_each(|element| check_references(element, api)),
        _ => {}
    }
}
