"""The WebAssembly module that runs beside the engine and calls it in loops (``bulk`` says why)."""

from __future__ import annotations

SOURCE = """
(module
  (import "engine" "memory" (memory 0))
  (import "engine" "get_value" (func $get_value (param i32 i32 i32 i32 i32) (result i32)))
  (import "engine" "cell_at" (func $cell_at (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "engine" "set_number" (func $set_number (param i32 i32 i32 i32 f64) (result i32)))
  (import "engine" "set_bool" (func $set_bool (param i32 i32 i32 i32 i32) (result i32)))
  (import "engine" "set_text" (func $set_text (param i32 i32 i32 i32 i32) (result i32)))
  (import "engine" "set_error" (func $set_error (param i32 i32 i32 i32 i32) (result i32)))
  (import "engine" "set_blank" (func $set_blank (param i32 i32 i32 i32) (result i32)))
  (import "engine" "dependents" (func $dependents (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "engine" "nodes_count" (func $nodes_count (param i32) (result i32)))
  (import "engine" "nodes_at" (func $nodes_at (param i32 i32 i32) (result i32)))
  (import "engine" "nodes_destroy" (func $nodes_destroy (param i32)))

  ;; copies a text; the place behind its NUL, or 0 if it does not fit before $end
  (func $copy (param $from i32) (param $to i32) (param $end i32) (result i32) (local $byte i32)
    (loop $next
      (if (i32.ge_u (local.get $to) (local.get $end)) (then (return (i32.const 0))))
      (local.set $byte (i32.load8_u (local.get $from)))
      (i32.store8 (local.get $to) (local.get $byte))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (br_if $next (local.get $byte)))
    (local.get $to))

  ;; values (16 bytes each) of the cells at $in (sheet, row, column); how many were read before the texts were full
  (func (export "read") (param $book i32) (param $count i32) (param $in i32) (param $out i32)
        (param $texts i32) (param $end i32) (result i32) (local $i i32) (local $after i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
        (if (call $get_value (local.get $book) (i32.load (local.get $in)) (i32.load offset=4 (local.get $in))
              (i32.load offset=8 (local.get $in)) (local.get $out))
          (then (i32.store (local.get $out) (i32.const -1))))
        (if (i32.eq (i32.load (local.get $out)) (i32.const 3))
          (then
            (local.set $after (call $copy (i32.load offset=8 (local.get $out)) (local.get $texts) (local.get $end)))
            (br_if $done (i32.eqz (local.get $after)))
            (i32.store offset=8 (local.get $out) (local.get $texts))
            (local.set $texts (local.get $after))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.set $in (i32.add (local.get $in) (i32.const 12)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (br $next)))
    (local.get $i))

  ;; row, column and formula text (12 bytes; text 0 for none) of the cells from $from of a sheet; how many
  (func (export "formulas") (param $book i32) (param $sheet i32) (param $from i32) (param $count i32) (param $out i32)
        (param $value i32) (param $texts i32) (param $end i32) (result i32) (local $i i32) (local $after i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
        (i32.store offset=8 (local.get $out) (i32.const 0))
        (drop (call $cell_at (local.get $book) (local.get $sheet) (i32.add (local.get $from) (local.get $i))
          (local.get $out) (i32.add (local.get $out) (i32.const 4)) (i32.add (local.get $out) (i32.const 8))
          (local.get $value)))
        (if (i32.load offset=8 (local.get $out))
          (then
            (local.set $after (call $copy (i32.load offset=8 (local.get $out)) (local.get $texts) (local.get $end)))
            (br_if $done (i32.eqz (local.get $after)))
            (i32.store offset=8 (local.get $out) (local.get $texts))
            (local.set $texts (local.get $after))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.set $out (i32.add (local.get $out) (i32.const 12)))
        (br $next)))
    (local.get $i))

  ;; sets the cells at $in (32 bytes each, as WRITTEN); how many were taken before one was refused
  (func (export "write") (param $book i32) (param $count i32) (param $in i32) (result i32)
        (local $i i32) (local $kind i32) (local $s i32) (local $r i32) (local $c i32) (local $w i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
        (local.set $s (i32.load (local.get $in)))
        (local.set $r (i32.load offset=4 (local.get $in)))
        (local.set $c (i32.load offset=8 (local.get $in)))
        (local.set $kind (i32.load offset=12 (local.get $in)))
        (local.set $w (i32.load offset=24 (local.get $in)))
        (br_if $done
          (if (result i32) (i32.eq (local.get $kind) (i32.const 1))
            (then (call $set_number (local.get $book) (local.get $s) (local.get $r) (local.get $c)
                    (f64.load offset=16 (local.get $in))))
            (else (if (result i32) (i32.eq (local.get $kind) (i32.const 2))
              (then (call $set_bool (local.get $book) (local.get $s) (local.get $r) (local.get $c) (local.get $w)))
              (else (if (result i32) (i32.eq (local.get $kind) (i32.const 3))
                (then (call $set_text (local.get $book) (local.get $s) (local.get $r) (local.get $c) (local.get $w)))
                (else (if (result i32) (i32.eq (local.get $kind) (i32.const 4))
                  (then (call $set_error (local.get $book) (local.get $s) (local.get $r) (local.get $c)
                          (local.get $w)))
                  (else (call $set_blank (local.get $book) (local.get $s) (local.get $r) (local.get $c)))))))))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.set $in (i32.add (local.get $in) (i32.const 32)))
        (br $next)))
    (local.get $i))

  ;; the cells that depend on each cell at $in (sheet, row, column), at $out (its number, sheet, row, column), at most
  ;; $most of them; how many were written is left at $slot; the number of the first cell whose dependents did not fit
  (func (export "dependents") (param $book i32) (param $from i32) (param $count i32) (param $in i32) (param $slot i32)
        (param $out i32) (param $most i32) (result i32)
        (local $i i32) (local $n i32) (local $list i32) (local $written i32) (local $at i32)
    (local.set $at (local.get $from))
    (local.set $in (i32.add (local.get $in) (i32.mul (local.get $from) (i32.const 12))))
    (block $done
      (loop $cell
        (br_if $done (i32.ge_u (local.get $at) (local.get $count)))
        (i32.store (local.get $slot) (i32.const 0))
        (drop (call $dependents (local.get $book) (i32.load (local.get $in)) (i32.load offset=4 (local.get $in))
          (i32.load offset=8 (local.get $in)) (i32.const 0x7fffffff) (local.get $slot)))
        (local.set $list (i32.load (local.get $slot)))
        (if (local.get $list)
          (then
            (local.set $n (call $nodes_count (local.get $list)))
            (if (i32.gt_u (i32.add (local.get $written) (local.get $n)) (local.get $most))
              (then (call $nodes_destroy (local.get $list)) (br $done)))
            (local.set $i (i32.const 0))
            (block $listed
              (loop $node
                (br_if $listed (i32.ge_u (local.get $i) (local.get $n)))
                (i32.store (local.get $out) (local.get $at))
                (drop (call $nodes_at (local.get $list) (local.get $i) (i32.add (local.get $out) (i32.const 4))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (local.set $out (i32.add (local.get $out) (i32.const 16)))
                (br $node)))
            (local.set $written (i32.add (local.get $written) (local.get $n)))
            (call $nodes_destroy (local.get $list))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $in (i32.add (local.get $in) (i32.const 12)))
        (br $cell)))
    (i32.store (local.get $slot) (local.get $written))
    (local.get $at)))
"""
IMPORTS = {  # what it calls: its own name -> the engine's export
    "memory": "memory",
    "get_value": "fm_workbook_get_value",
    "cell_at": "fm_workbook_cell_at",
    "set_number": "fm_workbook_set_number",
    "set_bool": "fm_workbook_set_bool",
    "set_text": "fm_workbook_set_text",
    "set_error": "fm_workbook_set_error",
    "set_blank": "fm_workbook_set_blank",
    "dependents": "fm_workbook_dependents",
    "nodes_count": "fm_cell_nodes_count",
    "nodes_at": "fm_cell_nodes_at",
    "nodes_destroy": "fm_cell_nodes_destroy",
}
