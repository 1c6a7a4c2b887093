//! Which thing a path names.

use doneyet::session::Access;
use doneyet::session::route::{Endpoint, NoRoute, Resource};

use crate::talk::task;

fn find(path: &str) -> Result<Resource, NoRoute> {
    let access = Access {
        echo: true,
        ..Access::default()
    };
    Resource::find(path, &access)
}

#[test]
fn every_path_of_the_contract_names_its_thing() {
    let id = || task("dl-42");
    for (path, resource) in [
        ("/healthz", Resource::Health),
        ("/api/progress", Resource::Tasks),
        ("/api/progress/dl-42", Resource::Task(id())),
        ("/api/progress/dl-42/cancel", Resource::TaskCancel(id())),
        ("/sse/progress/dl-42", Resource::TaskEvents(id())),
        ("/sse/all", Resource::AllEvents),
        ("/ws", Resource::Socket(Endpoint::Hello)),
        ("/ws/echo", Resource::Socket(Endpoint::Echo)),
        ("/ws/all", Resource::Socket(Endpoint::WatchAll)),
        ("/ws/progress", Resource::Socket(Endpoint::WatchMany)),
        (
            "/ws/progress/dl-42",
            Resource::Socket(Endpoint::Watch(id())),
        ),
        ("/ws/worker", Resource::Socket(Endpoint::WorkMany)),
        ("/ws/worker/dl-42", Resource::Socket(Endpoint::Work(id()))),
    ] {
        assert_eq!(find(path), Ok(resource), "{path}");
    }
    for page in ["/", "/doneyet.js"] {
        assert!(matches!(find(page), Ok(Resource::Page(asset)) if asset.path == page));
    }
}

#[test]
fn jobs_have_routes_where_there_are_recipes() {
    let with = Access {
        recipes: true,
        ..Access::default()
    };
    let file = |name: &str| Resource::File(task("dl-42"), name.to_owned());
    for (path, resource) in [
        ("/api/recipes", Resource::Recipes),
        ("/api/tasks", Resource::Orders),
        ("/api/tasks/dl-42/files/a.mp4", file("a.mp4")),
        ("/api/tasks/dl-42/files/a%20b%C3%A4.mp4", file("a bä.mp4")),
        // No path: it is a name, and there is no file of it.
        ("/api/tasks/dl-42/files/..%2Fx", file("../x")),
    ] {
        assert_eq!(Resource::find(path, &with), Ok(resource), "{path}");
        assert_eq!(find(path), Err(NoRoute::NotFound), "{path}");
    }
    for (path, why) in [
        ("/api/tasks/dl-42", NoRoute::NotFound),
        ("/api/tasks/dl-42/files", NoRoute::NotFound),
        ("/api/tasks/dl-42/files/a/b", NoRoute::NotFound),
        ("/api/tasks/dl-42/files/%ff", NoRoute::NotFound),
        ("/api/tasks/dl-42/file/a", NoRoute::NotFound),
        ("/api/tasks/a%20b/files/a", NoRoute::BadTaskId),
        ("/api/recipes/download", NoRoute::NotFound),
    ] {
        assert_eq!(Resource::find(path, &with), Err(why), "{path}");
    }
}

#[test]
fn a_word_of_a_path_can_be_a_task() {
    for id in ["cancel", "progress", "all", "echo", "worker", "api", "..."] {
        let path = format!("/api/progress/{id}");
        assert_eq!(find(&path), Ok(Resource::Task(task(id))), "{path}");
    }
    let path = "/api/progress/cancel/cancel";
    assert_eq!(find(path), Ok(Resource::TaskCancel(task("cancel"))));
}

#[test]
fn a_task_is_percent_decoded_once() {
    let longest = "x".repeat(128);
    for (segment, id) in [
        ("%61%2D1", "a-1"),
        ("a%3Ab%40c%7e", "a:b@c~"),
        ("a:b@c~", "a:b@c~"),
        (longest.as_str(), longest.as_str()),
    ] {
        for (prefix, resource) in [
            ("/api/progress/", Resource::Task(task(id))),
            ("/sse/progress/", Resource::TaskEvents(task(id))),
            ("/ws/progress/", Resource::Socket(Endpoint::Watch(task(id)))),
            ("/ws/worker/", Resource::Socket(Endpoint::Work(task(id)))),
        ] {
            assert_eq!(find(&format!("{prefix}{segment}")), Ok(resource));
        }
    }
}

#[test]
fn what_is_no_task_id_is_told_so_wherever_an_id_may_stand() {
    let long = "x".repeat(129);
    for id in [
        "", ".", "..", "%2e%2E", "a%2Fb", "a%20b", "a+b", "%", "%4", "%zz", "%ff", "%C3%A9",
        "a%00", "a%2561", "a*b", "a,b", "a;b=1", "a=b", "a!", &long,
    ] {
        for path in [
            format!("/api/progress/{id}"),
            format!("/api/progress/{id}/cancel"),
            format!("/sse/progress/{id}"),
            format!("/ws/progress/{id}"),
            format!("/ws/worker/{id}"),
        ] {
            assert_eq!(find(&path), Err(NoRoute::BadTaskId), "{path}");
        }
    }
}

#[test]
fn there_is_nothing_beside_the_paths() {
    for path in [
        "",
        "*",
        "//",
        "/healthz/",
        "/Healthz",
        "//healthz",
        "/./healthz",
        "/api",
        "/api/",
        "/api/progres",
        "/api/progress/a/",
        "/api/progress/a/Cancel",
        "/api/progress/a/cancel/",
        "/api/progress/a/cancel/b",
        "/api/%70rogress/a",
        "/sse",
        "/sse/",
        "/sse/all/",
        "/sse/progress",
        "/sse/progress/a/",
        "/sse/worker/a",
        "/ws/",
        "/ws/all/",
        "/ws/all/x",
        "/ws/echo/x",
        "/ws/progress/a/",
        "/ws/progress/a/b",
        "/ws/worker/a/b",
        "/index.html",
        "/../etc/passwd",
        "/doneyet.js/",
    ] {
        assert_eq!(find(path), Err(NoRoute::NotFound), "{path}");
    }
}

#[test]
fn the_echo_is_there_only_if_the_operator_wants_it() {
    let quiet = Access::default();
    assert_eq!(Resource::find("/ws/echo", &quiet), Err(NoRoute::NotFound));
}

#[test]
fn everything_is_below_the_base_path_and_nothing_beside_it() {
    let access = Access {
        base_path: "/p".to_owned(),
        ..Access::default()
    };
    let find = |path| Resource::find(path, &access);
    assert_eq!(find("/p/healthz"), Ok(Resource::Health));
    assert_eq!(find("/p/api/progress/p"), Ok(Resource::Task(task("p"))));
    assert!(matches!(find("/p/"), Ok(Resource::Page(_))));
    assert_eq!(find("/p"), Err(NoRoute::NeedsSlash));
    for path in [
        "/",
        "/healthz",
        "/pp/healthz",
        "/p/p/healthz",
        "/api/progress/a",
    ] {
        assert_eq!(find(path), Err(NoRoute::NotFound), "{path}");
    }
}
