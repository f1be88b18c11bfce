// Escaping rules of all formats. Whatever comes in, what comes out is valid UTF-8 and fits its
// place. Every function appends to `out` and allocates only when `out` has to grow.
//
// A value that a format cannot hold as it is keeps what can be held and ends in '-' and a hash of
// the whole: "x|y" of StatsD is "x_y-2f63b762". So values that differ go out different, whatever
// else there is, and one that can be held goes out as it is.
#pragma once

#include <string>
#include <string_view>

namespace remora::encode {

// Whether a format allows dots within names ("service.name").
enum class Dots : bool { kReplaced, kKept };

// [A-Za-z0-9_] and dots; anything else becomes '_'; never empty, never a digit or a dot first.
void append_safe_name(std::string& out, std::string_view name, Dots dots);

// The same, and never "__" first.
void append_safe_label_name(std::string& out, std::string_view name, Dots dots);

// Prometheus label value: \\ \" \n escaped; other control characters but the tab are replaced.
void append_prometheus_value(std::string& out, std::string_view text);

// Prometheus HELP text: \\ and \n escaped, and \" too when `quotes` (OpenMetrics).
void append_prometheus_help(std::string& out, std::string_view text, bool quotes);

// Content of a JSON string, without the quotes around it.
void append_json(std::string& out, std::string_view text);

// Influx tag value: `,` `=` and space escaped; backslash and control characters are replaced, since
// neither can be written in every place.
void append_influx_tag(std::string& out, std::string_view text);

// Graphite tag value: ASCII without ; ~ / ! ^ = space and control characters.
void append_graphite_tag(std::string& out, std::string_view text);

// A part of a StatsD name: [A-Za-z0-9_-].
void append_statsd_part(std::string& out, std::string_view text);

// DogStatsD tag value: UTF-8 without | , # and control characters.
void append_dogstatsd_tag(std::string& out, std::string_view text);

}  // namespace remora::encode
