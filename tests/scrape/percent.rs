use doneyet::scrape::percent::find;
use doneyet::scrape::token::Text;
use doneyet::scrape::touch::Touch;

fn percent(line: &str) -> Option<f64> {
    find(&Text::new(line)).map(|percent| percent.value)
}

#[test]
fn the_spellings_of_a_percentage() {
    let lines = [
        ("45%", 45.0),
        ("  4.5%", 4.5),
        ("15,9 %", 15.9),
        ("8\u{a0}%", 8.0),
        ("45％", 45.0),
        ("%42 tamamlandı", 42.0),
        ("42 percent", 42.0),
        ("42 per cent", 42.0),
        ("(100.4%)", 100.0),
        ("progress=7%", 7.0),
        ("(12.34/100%)", 12.34),
        ("Memory test: 45% complete", 45.0),
    ];
    for (line, value) in lines {
        assert_eq!(percent(line), Some(value), "{line}");
    }
}

#[test]
fn what_is_joined_to_something_is_no_percentage() {
    let lines = [
        "a%20b",
        "50%20off",
        "http://x/45%zz",
        "v1.45%",
        "x45%",
        "-5%",
        "1/45%",
        "45%%",
        "1/2/100%",
        "1234%",
        "45  %",
        "1.2.3%",
        "0x45%",
        "45%a",
        "%s",
        "%",
        "2/0/100%/0.0s",
        "GET /x?discount=40% 200",
        "GET /x?a=b&discount=40% 200",
        "open https://example.org/discount=40%",
        "cat ./share=40%",
    ];
    for line in lines {
        assert_eq!(percent(line), None, "{line}");
    }
}

#[test]
fn among_several_the_one_at_a_bar_is_meant() {
    let lines = [
        ("50% off.bin      3%[>    ] 968K", 3.0),
        ("60% name: 6.00MiB [5.5MiB/s] [=====>    ] 20%", 20.0),
        ("gain 12%: 45%|████      | 9/20", 45.0),
        ("CPU 88%  [ 12%]", 12.0),
        ("88% cpu ━━━━━━╸━━━ 45%", 45.0),
        ("13% [2 demo-a 512 kB/1 MB 45%]", 13.0),
        ("don't stop: 45% can't be all", 45.0),
    ];
    for (line, value) in lines {
        assert_eq!(percent(line), Some(value), "{line}");
    }
}

#[test]
fn the_measure_of_something_else_is_passed_over() {
    let lines = [
        "CPU at 97%, memory 43% used",
        "disk 91% full",
        "cache hit rate 88.2%",
        "95% tests passed, 2 tests failed out of 40",
        "acc=93%",
        "muxing overhead: 0.636%",
        "  99.94% of uncompressed filesystem size (239.86 Kbytes)",
        "mb P  I16..4:  7.3%  0.0%  0.0%  P16..4: 26.2%",
        "text10.txt : 63.14%   (  9.54 MiB =>   6.02 MiB, out.zst)",
        "Read: 1.000 MiB /  9.54 MiB ==> 62%",
        "file \"100% done.mp4\" queued",
        "saved ‘50% off.bin’",
        "| 3 of 7 | 45% | 50% |",
        "copy 'my 30% file.txt'",
        "load 20%",
        "volume: 45%",
        "| 30%   45C    P0   50W / 250W |   1000MiB / 8192MiB |     45%      Default |",
    ];
    for line in lines {
        assert_eq!(percent(line), None, "{line}");
    }
}

#[test]
fn a_bar_outweighs_a_word() {
    assert_eq!(percent("acc: 45%|████      | 9/20"), Some(45.0));
}

#[test]
fn a_tag_and_a_table_are_no_bars() {
    let touch = |line: &str| find(&Text::new(line)).map(|percent| percent.touch);
    assert_eq!(touch("[warn] 45% of it"), Some(Touch::Bracket));
    assert_eq!(touch("a.js | 85% |"), Some(Touch::Prose));
    assert_eq!(touch("[#### ] 45%"), Some(Touch::Bar));
    assert_eq!(touch("Alive |####    | 45%"), Some(Touch::Bar));
    assert_eq!(touch("[ 45%] Building"), Some(Touch::Bar));
    assert_eq!(touch("default   [  45% ] 10 users"), Some(Touch::Bracket));
    assert_eq!(touch("[  45% ] loading"), Some(Touch::Bar));
    assert_eq!(touch("-[00][ 45%][DIR ] tree"), Some(Touch::Bar));
    assert_eq!(touch("11:12:44 [ 45%] Building"), Some(Touch::Bar));
    assert_eq!(touch("==1234== 45% in one place"), Some(Touch::Prose));
    assert_eq!(touch("######       45%"), Some(Touch::Bar));
}

#[test]
fn what_is_left_is_not_what_is_done() {
    let drawn = [
        "90% remaining [####      ]",
        "Self-test in progress: 90% of test remaining.",
        "Remaining: 90%",
        "90% left",
    ];
    for line in drawn {
        assert_eq!(crate::percents(&format!("\r{line}\r")), [10.0], "{line}");
    }
    let done = ["10% 3m left", "10%, 90 s remaining", "time left 0:03, 10%"];
    for line in done {
        assert_eq!(crate::percents(&format!("\r{line}\r")), [10.0], "{line}");
    }
    let log = [90, 70, 50].map(|left| format!("Self-test: {left}% of test remaining\n"));
    assert_eq!(crate::percents_in_time(&log.concat()), [30.0, 50.0]);
}

#[test]
fn more_than_all_is_read_where_it_was_less() {
    let row = |done: u32| format!("\r{done}% ({done}/100)");
    let stream: String = [96, 99, 103, 120].map(row).concat();
    assert_eq!(crate::percents_in_time(&stream), [96.0, 99.0, 103.0, 120.0]);
    let read = crate::last(&stream);
    assert_eq!((read.loaded, read.total), (Some(120.0), Some(100.0)));
    for line in [
        "\r145%\r",
        "145%\n",
        "\rcpu 145%\rcpu 148%\r",
        "45/40\n",
        "sure 110%\nsure 120%\n",
    ] {
        assert_eq!(crate::percents_in_time(line), crate::NONE, "{line:?}");
    }
}
