// log/slog of the standard library: context in a logger made for each request.
// SPDX-License-Identifier: MIT
package main

import (
	"context"
	"log/slog"
	"strconv"
)

type slogPeer struct{ base *slog.Logger }

type slogRequest struct{ log *slog.Logger }

func newPeer(out *file, source bool) peer {
	return &slogPeer{slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{AddSource: source})).With("logger", "orders")}
}

func (p *slogPeer) enter(r *request) requestLogger {
	return &slogRequest{p.base.With(slog.String("request_id", r.RequestID), slog.String("trace_id", r.TraceID),
		slog.String("user_id", r.UserID))}
}

func (l *slogRequest) order(o *order) {
	l.log.LogAttrs(context.Background(), slog.LevelInfo, "order processed: id="+strconv.Itoa(o.ID)+" status="+o.Status, slog.String("customer", o.Customer),
		slog.Int64("qty", o.Quantity), slog.Float64("price", o.Price), slog.Bool("gift", o.Gift),
		slog.String("note", o.Note), slog.Uint64("sku", o.Sku))
}

func (l *slogRequest) ping(p *ping) {
	l.log.LogAttrs(context.Background(), slog.LevelInfo, "cache hit", slog.String("key", p.Key), slog.Int64("hits", p.Hits))
}

func (l *slogRequest) measurement(m *measurement) {
	l.log.LogAttrs(context.Background(), slog.LevelInfo, "measurement stored", slog.String("device", m.Device), slog.String("site", m.Site),
		slog.String("region", m.Region), slog.String("unit", m.Unit), slog.String("firmware", m.Firmware),
		slog.String("operator", m.Operator), slog.Float64("temperature", m.Temperature),
		slog.Float64("humidity", m.Humidity), slog.Float64("pressure", m.Pressure),
		slog.Float64("latitude", m.Latitude), slog.Float64("longitude", m.Longitude),
		slog.Float64("voltage", m.Voltage), slog.Int64("sequence", m.Sequence), slog.Int64("offset", m.Offset),
		slog.Int64("drift", m.Drift), slog.Int64("retries", m.Retries), slog.Uint64("serial", m.Serial),
		slog.Uint64("checksum", m.Checksum), slog.Bool("online", m.Online), slog.Bool("calibrated", m.Calibrated))
}

func (l *slogRequest) report(r *report) { l.log.LogAttrs(context.Background(), slog.LevelInfo, r.Text) }
