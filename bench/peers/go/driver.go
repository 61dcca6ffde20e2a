// Runs one peer in Go by the protocol of bench/peers/driver.hpp.
// SPDX-License-Identifier: MIT
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// A peer makes a logger for a file; that one makes a logger for each request, which carries its context.
type peer interface {
	enter(r *request) requestLogger
}

type requestLogger interface {
	order(o *order)
	ping(p *ping)
	measurement(m *measurement)
	report(r *report)
}

type options struct {
	shape, mode, output, workload string
	threads, records              int
	burst, check, source          bool
}

const (
	recordsPerBurst = 20
	burstPause      = 50 * time.Microsecond
	warmUp          = 2000
)

func fail(reason any) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(2)
}

func parse() options {
	var o options
	flag.StringVar(&o.shape, "shape", "order", "order, ping, measurement or report")
	flag.StringVar(&o.mode, "mode", "sync", "sync; there is no async here")
	flag.StringVar(&o.output, "output", "/dev/null", "file to write")
	flag.StringVar(&o.workload, "workload", "", "what bench/peers/workload printed")
	flag.IntVar(&o.threads, "threads", 1, "goroutines that log")
	flag.IntVar(&o.records, "records", 300_000, "records in all")
	flag.BoolVar(&o.burst, "burst", false, "measure the latency of calls in bursts")
	flag.BoolVar(&o.check, "check", false, "write the first records and measure nothing")
	flag.BoolVar(&o.source, "source", false, "add file and line of the call")
	flag.Parse()
	return o
}

// Gathers 64 KiB, under a lock as loggers want it.
type file struct {
	mutex  sync.Mutex
	writer *bufio.Writer
}

func (f *file) Write(bytes []byte) (int, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.writer.Write(bytes)
}

func (f *file) Sync() error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.writer.Flush()
}

func peakRSS() string {
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if strings.HasPrefix(line, "VmHWM:") {
			return strings.Fields(line)[1]
		}
	}
	return "0"
}

func skip(reason string) {
	fmt.Printf("{\"skipped\":%q}\n", reason)
	os.Exit(0)
}

func main() { runPeer(parse()) }

func runPeer(o options) {
	if o.mode != "sync" {
		skip("has no asynchronous mode")
	}
	w := readWorkload(o.workload)
	descriptor, err := os.OpenFile(o.output, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		fail(err)
	}
	out := &file{writer: bufio.NewWriterSize(descriptor, 64*1024)}
	p := newPeer(out, o.source)
	switch o.shape {
	case "order":
		run(p, out, o, w, fieldsOf(w.Shapes.Order), requestLogger.order)
	case "ping":
		run(p, out, o, w, fieldsOf(w.Shapes.Ping), requestLogger.ping)
	case "measurement":
		run(p, out, o, w, fieldsOf(w.Shapes.Measurement), requestLogger.measurement)
	case "report":
		run(p, out, o, w, fieldsOf(w.Shapes.Report), requestLogger.report)
	default:
		skip("does not write this shape")
	}
}

func run[Shape any](p peer, out *file, o options, w workload, events []Shape, log func(requestLogger, *Shape)) {
	produce := func(records, first int) {
		for done := 0; done < records; {
			number := first + done
			l := p.enter(&w.Requests[number/w.RecordsPerRequest%len(w.Requests)])
			for i := 0; i < w.RecordsPerRequest && done < records; i++ {
				log(l, &events[(number+i)%len(events)])
				done++
			}
		}
	}
	switch {
	case o.check:
		produce(o.records, 0)
		out.Sync()
		fmt.Printf("{\"lines\":%d}\n", o.records)
	case o.burst:
		produce(warmUp, 0)
		latency(p, out, o, w, events, log)
	default:
		throughput(out, o, produce)
	}
}

func throughput(out *file, o options, produce func(records, first int)) {
	share := o.records / o.threads
	for i := 0; i < o.threads; i++ {
		produce(warmUp, i*1700)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	var group sync.WaitGroup
	for i := 1; i < o.threads; i++ {
		group.Add(1)
		go func(first int) {
			defer group.Done()
			produce(share, first)
		}(i * 1700)
	}
	produce(share, 0)
	group.Wait()
	called := time.Since(begin)
	out.Sync()
	finished := time.Since(begin)
	runtime.ReadMemStats(&after)
	records := float64(share * o.threads)
	fmt.Printf("{\"lines\":%d,\"caller_ns\":%.1f,\"total_ns\":%.1f,\"allocations\":%.3f,\"peak_rss_kb\":%s}\n",
		(share+warmUp)*o.threads, float64(called)/records, float64(finished)/records,
		float64(after.Mallocs-before.Mallocs)/records, peakRSS())
}

func latency[Shape any](p peer, out *file, o options, w workload, events []Shape, log func(requestLogger, *Shape)) {
	var calls, bursts, entries, timer []float64
	overBursts := func(burst func(l requestLogger, events []Shape)) {
		event := 0
		for i := 0; i < o.records/w.RecordsPerRequest; i++ {
			begin := time.Now()
			l := p.enter(&w.Requests[i%len(w.Requests)])
			entries = append(entries, float64(time.Since(begin)))
			for b := 0; b < w.RecordsPerRequest/recordsPerBurst; b++ {
				burst(l, events[event:event+recordsPerBurst])
				event = (event + recordsPerBurst) % len(events)
				for end := time.Now().Add(burstPause); time.Now().Before(end); {
				}
			}
		}
	}
	for i := 0; i < 2000; i++ {
		begin := time.Now()
		timer = append(timer, float64(time.Since(begin)))
	}
	overBursts(func(l requestLogger, events []Shape) {
		for i := range events {
			begin := time.Now()
			log(l, &events[i])
			calls = append(calls, float64(time.Since(begin)))
		}
	})
	overBursts(func(l requestLogger, events []Shape) {
		begin := time.Now()
		for i := range events {
			log(l, &events[i])
		}
		bursts = append(bursts, float64(time.Since(begin))/recordsPerBurst)
	})
	out.Sync()
	slices.Sort(calls)
	slices.Sort(bursts)
	slices.Sort(entries)
	slices.Sort(timer)
	fmt.Printf("{\"lines\":%d,\"burst_p50\":%.1f,\"burst_p99\":%.1f,\"call_p50\":%.1f,\"call_p99\":%.1f,"+
		"\"call_p999\":%.1f,\"call_max\":%.0f,\"enter_p50\":%.1f,\"enter_p99\":%.1f,\"timer_ns\":%.1f,\"peak_rss_kb\":%s}\n",
		warmUp+2*len(calls), quantile(bursts, .5), quantile(bursts, .99), quantile(calls, .5), quantile(calls, .99),
		quantile(calls, .999), calls[len(calls)-1], quantile(entries, .5), quantile(entries, .99), quantile(timer, .5),
		peakRSS())
}

func quantile(sorted []float64, q float64) float64 {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
