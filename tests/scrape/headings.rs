//! What stands above a bar, as the name of the stage.

use crate::last;

fn label(above: &str) -> Option<String> {
    last(&format!("{above}\n\r45%|####    |\r"))
        .stage
        .and_then(|stage| stage.label)
}

#[test]
fn a_title_has_neither_frame_nor_date_nor_clock() {
    let titles = [
        (
            " *** Download Progress Summary as of Thu Nov 26 10:00:00 2026 *** ",
            Some("Download Progress Summary"),
        ),
        (
            "====== archiving the tree ======",
            Some("archiving the tree"),
        ),
        ("--- pass two ---", Some("pass two")),
        (
            "Backup started at 2026-11-26 10:00:00",
            Some("Backup started"),
        ),
        (
            "Backup started at 2026-11-26T10:00:00Z",
            Some("Backup started"),
        ),
        ("2026-11-26 10:00:00 copying a", Some("copying a")),
        ("Sync on 26 November 2026, 10:00 UTC", Some("Sync")),
        ("Sync, Fri 27 Nov 10:00:01 CET 2026:", Some("Sync")),
        (
            "running (0m02.0s), 10/10 VUs, 183 complete",
            Some("running"),
        ),
        ("Running [ 00:00:03] all tests", Some("Running")),
        ("Model of May 2026", Some("Model of May 2026")),
        ("Movie of 2026", Some("Movie of 2026")),
        ("Copying a.bin at noon:", Some("Copying a.bin at noon")),
        (
            "Output #0, mp4, to 'b.mp4':",
            Some("Output #0, mp4, to 'b.mp4'"),
        ),
        ("[fetch] Destination: a", Some("[fetch] Destination: a")),
        ("    encoder         : Lavf59.27.100", None),
        ("  Metadata:\n    encoder         : Lavf59.27.100", None),
        (
            "Saved a.png\n Time: 00:05.12 (Saving: 00:00.03)",
            Some("Saved a.png"),
        ),
        ("Thu Nov 26 10:00:00 UTC 2026", None),
        ("level=info msg=\"opening a\" cpu=12", None),
    ];
    for (above, title) in titles {
        assert_eq!(label(above).as_deref(), title, "{above}");
    }
}

#[test]
fn a_time_in_brackets_is_no_part_of_a_name() {
    let rows = [
        ("PASS [   0.012s] 45%", Some("PASS")),
        ("Running [ 00:00:03] 45%", Some("Running")),
        ("Epoch [1/3] 45%", Some("Epoch [1/3]")),
        ("( 1/12) checking keys 45%", Some("( 1/12) checking keys")),
    ];
    for (row, message) in rows {
        assert_eq!(
            last(&format!("\r{row}\r")).message.as_deref(),
            message,
            "{row}"
        );
    }
}
