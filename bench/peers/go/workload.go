// The workload of bench/peers/shapes.hpp, read from what bench/peers/workload prints.
// SPDX-License-Identifier: MIT
package main

import (
	"encoding/json"
	"os"
)

type request struct {
	RequestID string `json:"request_id"`
	TraceID   string `json:"trace_id"`
	UserID    string `json:"user_id"`
}

type order struct {
	ID       int
	Status   string
	Customer string  `json:"customer"`
	Quantity int64   `json:"qty"`
	Price    float64 `json:"price"`
	Gift     bool    `json:"gift"`
	Note     string  `json:"note"`
	Sku      uint64  `json:"sku"`
}

type ping struct {
	Key  string `json:"key"`
	Hits int64  `json:"hits"`
}

type measurement struct {
	Device      string  `json:"device"`
	Site        string  `json:"site"`
	Region      string  `json:"region"`
	Unit        string  `json:"unit"`
	Firmware    string  `json:"firmware"`
	Operator    string  `json:"operator"`
	Temperature float64 `json:"temperature"`
	Humidity    float64 `json:"humidity"`
	Pressure    float64 `json:"pressure"`
	Latitude    float64 `json:"latitude"`
	Longitude   float64 `json:"longitude"`
	Voltage     float64 `json:"voltage"`
	Sequence    int64   `json:"sequence"`
	Offset      int64   `json:"offset"`
	Drift       int64   `json:"drift"`
	Retries     int64   `json:"retries"`
	Serial      uint64  `json:"serial"`
	Checksum    uint64  `json:"checksum"`
	Online      bool    `json:"online"`
	Calibrated  bool    `json:"calibrated"`
}

type report struct {
	Text string
}

type event[Fields any] struct {
	Message   string `json:"message"`
	Fields    Fields `json:"fields"`
	Arguments struct {
		ID     int    `json:"id"`
		Status string `json:"status"`
	} `json:"arguments"`
}

type workload struct {
	RecordsPerRequest int       `json:"records_per_request"`
	Requests          []request `json:"requests"`
	Shapes            struct {
		Order       []event[order]       `json:"order"`
		Ping        []event[ping]        `json:"ping"`
		Measurement []event[measurement] `json:"measurement"`
		Report      []event[report]      `json:"report"`
	} `json:"shapes"`
}

func readWorkload(path string) workload {
	text, err := os.ReadFile(path)
	if err != nil {
		fail(err)
	}
	var w workload
	if err := json.Unmarshal(text, &w); err != nil {
		fail(err)
	}
	for i := range w.Shapes.Order {
		e := &w.Shapes.Order[i]
		e.Fields.ID, e.Fields.Status = e.Arguments.ID, e.Arguments.Status
	}
	for i := range w.Shapes.Report {
		w.Shapes.Report[i].Fields.Text = w.Shapes.Report[i].Message
	}
	return w
}

func fieldsOf[Fields any](events []event[Fields]) []Fields {
	list := make([]Fields, len(events))
	for i := range events {
		list[i] = events[i].Fields
	}
	return list
}
