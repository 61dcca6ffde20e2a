// zerolog: context in a logger made for each request.
// SPDX-License-Identifier: MIT
package main

import (
	"strconv"
	"time"

	"github.com/rs/zerolog"
)

type zerologPeer struct{ base zerolog.Logger }

type zerologRequest struct{ log zerolog.Logger }

func newPeer(out *file, source bool) peer {
	zerolog.TimeFieldFormat = "2006-01-02T15:04:05.000000Z07:00"
	zerolog.TimestampFunc = func() time.Time { return time.Now().UTC() }
	with := zerolog.New(out).Level(zerolog.InfoLevel).With().Timestamp().Str("logger", "orders")
	if source {
		with = with.Caller()
	}
	return &zerologPeer{with.Logger()}
}

func (p *zerologPeer) enter(r *request) requestLogger {
	return &zerologRequest{p.base.With().Str("request_id", r.RequestID).Str("trace_id", r.TraceID).
		Str("user_id", r.UserID).Logger()}
}

func (l *zerologRequest) order(o *order) {
	l.log.Info().Str("customer", o.Customer).Int64("qty", o.Quantity).Float64("price", o.Price).
		Bool("gift", o.Gift).Str("note", o.Note).Uint64("sku", o.Sku).
		Msg("order processed: id=" + strconv.Itoa(o.ID) + " status=" + o.Status)
}

func (l *zerologRequest) ping(p *ping) {
	l.log.Info().Str("key", p.Key).Int64("hits", p.Hits).Msg("cache hit")
}

func (l *zerologRequest) measurement(m *measurement) {
	l.log.Info().Str("device", m.Device).Str("site", m.Site).Str("region", m.Region).Str("unit", m.Unit).
		Str("firmware", m.Firmware).Str("operator", m.Operator).Float64("temperature", m.Temperature).
		Float64("humidity", m.Humidity).Float64("pressure", m.Pressure).Float64("latitude", m.Latitude).
		Float64("longitude", m.Longitude).Float64("voltage", m.Voltage).Int64("sequence", m.Sequence).
		Int64("offset", m.Offset).Int64("drift", m.Drift).Int64("retries", m.Retries).
		Uint64("serial", m.Serial).Uint64("checksum", m.Checksum).Bool("online", m.Online).
		Bool("calibrated", m.Calibrated).Msg("measurement stored")
}

func (l *zerologRequest) report(r *report) { l.log.Info().Msg(r.Text) }
