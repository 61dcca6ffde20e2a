// zap: context in a logger made for each request.
// SPDX-License-Identifier: MIT
package main

import (
	"strconv"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

type zapPeer struct{ base *zap.Logger }

type zapRequest struct{ log *zap.Logger }

func newPeer(out *file, source bool) peer {
	keys := zap.NewProductionEncoderConfig()
	keys.TimeKey, keys.MessageKey = "time", "message"
	keys.EncodeTime = func(t time.Time, to zapcore.PrimitiveArrayEncoder) {
		to.AppendString(t.UTC().Format("2006-01-02T15:04:05.000000Z07:00"))
	}
	core := zapcore.NewCore(zapcore.NewJSONEncoder(keys), out, zapcore.InfoLevel)
	return &zapPeer{zap.New(core, zap.WithCaller(source)).Named("orders")}
}

func (p *zapPeer) enter(r *request) requestLogger {
	return &zapRequest{p.base.With(zap.String("request_id", r.RequestID), zap.String("trace_id", r.TraceID),
		zap.String("user_id", r.UserID))}
}

func (l *zapRequest) order(o *order) {
	l.log.Info("order processed: id="+strconv.Itoa(o.ID)+" status="+o.Status, zap.String("customer", o.Customer),
		zap.Int64("qty", o.Quantity), zap.Float64("price", o.Price), zap.Bool("gift", o.Gift),
		zap.String("note", o.Note), zap.Uint64("sku", o.Sku))
}

func (l *zapRequest) ping(p *ping) {
	l.log.Info("cache hit", zap.String("key", p.Key), zap.Int64("hits", p.Hits))
}

func (l *zapRequest) measurement(m *measurement) {
	l.log.Info("measurement stored", zap.String("device", m.Device), zap.String("site", m.Site),
		zap.String("region", m.Region), zap.String("unit", m.Unit), zap.String("firmware", m.Firmware),
		zap.String("operator", m.Operator), zap.Float64("temperature", m.Temperature),
		zap.Float64("humidity", m.Humidity), zap.Float64("pressure", m.Pressure),
		zap.Float64("latitude", m.Latitude), zap.Float64("longitude", m.Longitude),
		zap.Float64("voltage", m.Voltage), zap.Int64("sequence", m.Sequence), zap.Int64("offset", m.Offset),
		zap.Int64("drift", m.Drift), zap.Int64("retries", m.Retries), zap.Uint64("serial", m.Serial),
		zap.Uint64("checksum", m.Checksum), zap.Bool("online", m.Online), zap.Bool("calibrated", m.Calibrated))
}

func (l *zapRequest) report(r *report) { l.log.Info(r.Text) }
