// A Collector of OpenTelemetry with the parts that examples/shippers/otel-collector.yaml names. Its
// receiver of files is a reader of our own under the same name and keys: the Go module proxy may not
// have the real one. Parsing, pipeline and exporter are the Collector's.
package main

import (
	"bufio"
	"context"
	"io"
	"log"
	"os"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/prometheusexporter"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
)

// What the example sets of the receiver.
type fileConfig struct {
	Include []string `mapstructure:"include"`
	StartAt string   `mapstructure:"start_at"`
}

// Follows one file and hands on each line as metrics. A line that does not parse ends the program.
type follower struct {
	config *fileConfig
	next   consumer.Metrics
	cancel context.CancelFunc
}

func (f *follower) Start(_ context.Context, _ component.Host) error {
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	go f.follow(ctx)
	return nil
}

func (f *follower) Shutdown(context.Context) error {
	f.cancel()
	return nil
}

func (f *follower) follow(ctx context.Context) {
	file, err := os.Open(f.config.Include[0])
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	if f.config.StartAt != "beginning" {
		if _, err := file.Seek(0, io.SeekEnd); err != nil {
			log.Fatal(err)
		}
	}
	lines := bufio.NewReader(file)
	rest := ""
	for ctx.Err() == nil {
		part, err := lines.ReadString('\n')
		rest += part
		if err == io.EOF {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		metrics, err := (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics([]byte(rest))
		if err != nil {
			log.Fatalf("%v: %s", err, rest)
		}
		rest = ""
		if err := f.next.ConsumeMetrics(ctx, metrics); err != nil {
			log.Fatal(err)
		}
	}
}

func newReceiver(_ context.Context, _ receiver.Settings, config component.Config,
	next consumer.Metrics) (receiver.Metrics, error) {
	return &follower{config: config.(*fileConfig), next: next}, nil
}

func parts() (otelcol.Factories, error) {
	files := receiver.NewFactory(component.MustNewType("otlpjsonfile"),
		func() component.Config { return &fileConfig{StartAt: "end"} },
		receiver.WithMetrics(newReceiver, component.StabilityLevelDevelopment))
	receivers, err := otelcol.MakeFactoryMap[receiver.Factory](files)
	if err != nil {
		return otelcol.Factories{}, err
	}
	exporters, err := otelcol.MakeFactoryMap[exporter.Factory](prometheusexporter.NewFactory())
	return otelcol.Factories{
		Receivers: receivers,
		Exporters: exporters,
		Telemetry: otelconftelemetry.NewFactory(),
	}, err
}

func main() {
	settings := otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "otelcol", Version: "tests"},
		Factories: parts,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory()},
			DefaultScheme:     "file",
		}},
	}
	if err := otelcol.NewCommand(settings).Execute(); err != nil {
		log.Fatal(err)
	}
}
