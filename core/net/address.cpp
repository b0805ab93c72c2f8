#include "core/net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

namespace psabridge::net {
namespace {

using Poco::Net::IPAddress;
using Bytes = std::array<unsigned char, 16>;

constexpr std::size_t kV4Size = 4, kV4Offset = 12;  // bytes; of an IPv4 address in its IPv6 form
constexpr unsigned kMappedBits = 96;

struct Range {
  const char* network;
  AddressKind kind;
  const char* name;
};
// The first range that holds an address counts. After the special-purpose registries of IANA.
constexpr auto kRanges = std::to_array<Range>({
    {"168.63.129.16", AddressKind::never, "cloud metadata"},
    {"100.100.100.200", AddressKind::never, "cloud metadata"},
    {"fd00:ec2::254", AddressKind::never, "cloud metadata"},
    {"0.0.0.0/8", AddressKind::never, "unspecified"},
    {"10.0.0.0/8", AddressKind::local, "private (RFC 1918)"},
    {"100.64.0.0/10", AddressKind::local, "shared by carriers (RFC 6598)"},
    {"127.0.0.0/8", AddressKind::local, "loopback"},
    {"169.254.0.0/16", AddressKind::never, "link-local, cloud metadata"},
    {"172.16.0.0/12", AddressKind::local, "private (RFC 1918)"},
    {"192.0.0.0/24", AddressKind::never, "reserved for protocols"},
    {"192.0.2.0/24", AddressKind::never, "documentation"},
    {"192.88.99.0/24", AddressKind::never, "6to4 relay"},
    {"192.168.0.0/16", AddressKind::local, "private (RFC 1918)"},
    {"198.18.0.0/15", AddressKind::never, "benchmarks"},
    {"198.51.100.0/24", AddressKind::never, "documentation"},
    {"203.0.113.0/24", AddressKind::never, "documentation"},
    {"224.0.0.0/4", AddressKind::never, "multicast"},
    {"255.255.255.255", AddressKind::never, "broadcast"},
    {"240.0.0.0/4", AddressKind::never, "reserved"},
    {"::ffff:0:0/96", AddressKind::global, ""},  // every other IPv4 address
    {"::", AddressKind::never, "unspecified"},
    {"::1", AddressKind::local, "loopback"},
    {"::/96", AddressKind::never, "IPv4-compatible, out of use"},
    {"64:ff9b:1::/48", AddressKind::never, "local NAT64"},
    {"100::/64", AddressKind::never, "discarded"},
    {"2001:2::/48", AddressKind::never, "benchmarks"},
    {"2001:10::/28", AddressKind::never, "ORCHID"},
    {"2001:20::/28", AddressKind::never, "ORCHID"},
    {"2001:db8::/32", AddressKind::never, "documentation"},
    {"3fff::/20", AddressKind::never, "documentation"},
    {"5f00::/16", AddressKind::never, "segment routing"},
    {"fc00::/7", AddressKind::local, "unique local (RFC 4193)"},
    {"fe80::/10", AddressKind::never, "link-local"},
    {"fec0::/10", AddressKind::local, "site-local, out of use"},
    {"ff00::/8", AddressKind::never, "multicast"},
});

/// Where an IPv6 range keeps the IPv4 address that its packets end at or pass through.
struct Embedding {
  const char* network;
  std::size_t offset;  ///< in bytes
  unsigned char mask;  ///< Teredo keeps it inverted
  const char* refusal;
};
constexpr auto kEmbeddings = std::to_array<Embedding>({
    {"64:ff9b::/96", 12, 0x00, "NAT64 of an address that is not on the internet"},
    {"2002::/16", 2, 0x00, "6to4 of an address that is not on the internet"},
    {"2001::/32", 4, 0x00, "Teredo by a server that is not on the internet"},
    {"2001::/32", 12, 0xff, "Teredo of an address that is not on the internet"},
});

Bytes bytes_of(const IPAddress& address) {
  Bytes bytes{};
  const auto* raw = static_cast<const unsigned char*>(address.addr());
  const auto size = static_cast<std::size_t>(address.length());
  if (size == kV4Size) bytes[10] = bytes[11] = 0xff;
  std::memcpy(bytes.data() + (size == kV4Size ? kV4Offset : 0), raw, size);
  return bytes;
}

bool same_prefix(const Bytes& a, const Bytes& b, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

/// Poco's own parser does not know "::".
std::optional<IPAddress> parse_address(const std::string& text) {
  Bytes bytes;
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return IPAddress(bytes.data(), kV4Size);
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return IPAddress(bytes.data(), sizeof bytes);
  return std::nullopt;
}

/// A table with its networks read once.
template <class Row>
struct ReadRow : Row {
  IpNetwork range;
};
template <class Row, std::size_t size>
std::vector<ReadRow<Row>> read(const std::array<Row, size>& table) {
  std::vector<ReadRow<Row>> rows;
  rows.reserve(size);
  for (const Row& row : table) rows.push_back({row, IpNetwork::parse(row.network).value()});
  return rows;
}

IPAddress embedded_address(const IPAddress& address, const Embedding& embedding) {
  auto bytes = bytes_of(address);
  unsigned char* raw = bytes.data() + embedding.offset;
  std::for_each(raw, raw + kV4Size, [&](unsigned char& byte) { byte ^= embedding.mask; });
  return IPAddress(raw, kV4Size);
}

}  // namespace

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(std::string(text.substr(0, slash)));
  if (!address) return std::nullopt;
  const unsigned most = address->length() == kV4Size ? 32 : 128;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const auto number = text.substr(slash + 1);
    const auto [end, failure] = std::from_chars(number.data(), number.data() + number.size(), bits);
    if (failure != std::errc() || end != number.data() + number.size() || bits > most) return std::nullopt;
  }
  IpNetwork network;
  network.bytes_ = bytes_of(*address);
  network.bits_ = most == 32 ? bits + kMappedBits : bits;
  return network;
}

bool IpNetwork::contains(const IPAddress& address) const noexcept {
  return same_prefix(bytes_, bytes_of(address), bits_);
}

AddressVerdict judge_address(const IPAddress& address) {
  static const auto ranges = read(kRanges);
  static const auto embeddings = read(kEmbeddings);
  for (const auto& embedding : embeddings) {
    if (embedding.range.contains(address) &&
        judge_address(embedded_address(address, embedding)).kind != AddressKind::global)
      return {AddressKind::never, embedding.refusal};
  }
  const auto found =
      std::ranges::find_if(ranges, [&](const auto& range) { return range.range.contains(address); });
  return found == ranges.end() ? AddressVerdict{AddressKind::global, ""}
                               : AddressVerdict{found->kind, found->name};
}

bool permits(const AddressVerdict& verdict, bool allow_private) noexcept {
  return verdict.kind == AddressKind::global || (verdict.kind == AddressKind::local && allow_private);
}

}  // namespace psabridge::net
