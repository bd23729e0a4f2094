package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// certificates shows until when each name is certified.
type certificates struct {
	ends func() map[string]time.Time
	what *prometheus.Desc
}

// Certificates shows until when each host name is certified here. Ends is asked at every look; a name without a certificate is at zero.
func (m *Metrics) Certificates(ends func() map[string]time.Time) {
	m.registry.MustRegister(certificates{ends, prometheus.NewDesc("vigil_certificate_end_timestamp_seconds",
		"Until when the certificate that is shown for a host is good, in seconds since 1970. 0: there is none.", []string{"host"}, nil)})
}

// Describe implements prometheus.Collector.
func (c certificates) Describe(all chan<- *prometheus.Desc) { all <- c.what }

// Collect implements prometheus.Collector.
func (c certificates) Collect(all chan<- prometheus.Metric) {
	for host, end := range c.ends() {
		value := 0.0
		if !end.IsZero() {
			value = float64(end.Unix())
		}
		all <- prometheus.MustNewConstMetric(c.what, prometheus.GaugeValue, value, host)
	}
}
