#include "runners/loop/conclusions.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "core/names.hpp"
#include "runners/jobs/words.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

/// Differences are claimed below this p-value only.
constexpr double kSignificance = 0.01;

std::vector<std::string> subjects_of(const Json& rows) {
  std::vector<std::string> names;
  for (const Json& row : rows) {
    const std::string name = str(row, "subject");
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

// --- controls

/// What is wrong with a control that does not hold.
std::string what_is_wrong(const Json& control) {
  const std::string who =
      str(control, "name") + " on " + str(control, "subject") + " is " + str(control, "verdict");
  if (str(control, "verdict") != str(control, "expected")) {
    return who + ", not " + str(control, "expected");
  }
  std::vector<std::string> passed;
  for (const Json& criterion : list(control, "criteria")) {
    const std::string name = str(criterion, "name");
    const Json& must = list(control, "must_fail");
    if (str(criterion, "outcome") == "passes" &&
        std::find(must.begin(), must.end(), Json(name)) != must.end()) {
      passed.push_back(name);
    }
  }
  return who + " as it must, but passes " + join_names(passed);
}

void conclude_controls(const Json& result, std::vector<std::string>& out) {
  int total = 0;
  std::vector<std::string> broken;
  for (const Json& control : list(result, "controls")) {
    if (has(control, "not_applicable")) continue;
    ++total;
    if (control.at("holds").get<bool>()) continue;
    broken.push_back(what_is_wrong(control));
  }
  if (total == 0) return;
  if (broken.empty()) {
    out.push_back(text("All %d controls came out as they must", total) +
                  ": the verdicts below can be trusted as far as these controls reach.");
  } else {
    out.push_back(text("%zu of %d controls failed, so no verdict of this run can be trusted: ",
                       broken.size(), total) +
                  joined(broken, "; ") + ".");
  }
}

void conclude_subjects(const Json& result, std::vector<std::string>& out) {
  std::vector<std::string> parts;
  for (const Json& subject : list(result, "subjects")) {
    const Json& exponent = subject.at("lyapunov_per_tau");
    std::string part =
        str(subject, "name") + text(" is %s (largest exponent %.3f +- %.3f per tau",
                                    str(subject, "dynamics").c_str(), exponent.at(0).get<double>(),
                                    exponent.at(1).get<double>());
    if (has(subject, "kaplan_yorke_dimension")) {
      part += text(", Kaplan-Yorke dimension %.1f", num(subject, "kaplan_yorke_dimension"));
    }
    parts.push_back(part + ")");
  }
  if (!parts.empty()) out.push_back("Subjects: " + joined(parts, "; ") + ".");
}

// --- Phase 1

const Json* best(const std::vector<const Json*>& rows, const char* key) {
  const Json* found = nullptr;
  for (const Json* row : rows) {
    if (!has(*row, key)) continue;
    if (!found || first(*row, key) > first(*found, key)) found = row;
  }
  return found;
}

std::string figure(const Json& row, const char* key, const char* name) {
  if (!has(row, key)) return std::string(name) + " undefined";  // every pair is connected, say
  const Json& f = row.at(key);
  return std::string(name) + text(" %.3f [%.3f, %.3f]", f.at(0).get<double>(),
                                  f.at(1).get<double>(), f.at(2).get<double>());
}

/// What rows of Phase 1 and their paired comparisons have in common.
std::string data_of(const Json& row) {
  return str(row, "subject") + text(" by %d samples with noise %g",
                                    static_cast<int>(num(row, "budget")), num(row, "noise"));
}

/// Rows by what `data_of` says of them, in the order of the first of each.
std::vector<std::pair<std::string, std::vector<const Json*>>> by_data(const Json& rows) {
  std::vector<std::pair<std::string, std::vector<const Json*>>> groups;
  for (const Json& row : rows) {
    const std::string key = data_of(row);
    auto group = std::ranges::find(groups, key, [](const auto& g) { return g.first; });
    if (group == groups.end()) group = groups.insert(group, {key, {}});
    group->second.push_back(&row);
  }
  return groups;
}

void conclude_phase1(const Json& result, std::vector<std::string>& out) {
  for (const auto& [data, all] : by_data(list(result, "phase1"))) {
    std::vector<const Json*> knowing, blind;
    for (const Json* row : all) {
      (row->at("knows_equations").get<bool>() ? knowing : blind).push_back(row);
    }
    std::vector<std::string> parts;
    for (const auto& [rows, label] :
         {std::pair{&blind, "without the equations"}, {&knowing, "with them"}}) {
      const Json* row = best(*rows, "auprc");
      if (row == nullptr) continue;
      parts.push_back(std::string(label) + " " + str(*row, "estimator") + " (policy " +
                      str(*row, "policy") + "), " + figure(*row, "auroc", "AUROC") + ", " +
                      figure(*row, "auprc", "AUPRC"));
    }
    if (parts.empty()) continue;
    out.push_back("Wiring of " + data +
                  text(" (guessing: AUROC 0.5, AUPRC %.3f): best ", num(*all[0], "base_rate")) +
                  joined(parts, "; ") + ".");
  }
}

/// One sentence for the same data: which policy helps or hurts which estimator.
void conclude_interventions(const Json& result, std::vector<std::string>& out) {
  for (const auto& [data, pairs] : by_data(list(result, "phase1_paired"))) {
    std::vector<std::string> shown;
    for (const Json* pair : pairs) {
      if (!has(*pair, "difference") || num(*pair, "p_value") >= kSignificance) continue;
      const Json& d = pair->at("difference");
      const double mean = d.at(0).get<double>();
      if (mean == 0) continue;
      shown.push_back(str(*pair, "policy") + " against " + str(*pair, "against") +
                      (mean > 0 ? " helps " : " hurts ") + str(*pair, "estimator") + " (" +
                      str(*pair, "metric") +
                      text(" %+.3f [%+.3f, %+.3f], p = %.2g)", mean, d.at(1).get<double>(),
                           d.at(2).get<double>(), num(*pair, "p_value")));
    }
    const int seeds = static_cast<int>(num(*pairs[0], "seeds"));
    out.push_back(
        "Interventions on " + data +
        text(", %d seeds: of %zu paired comparisons ", seeds, pairs.size()) +
        (std::exp2(1 - seeds) >= kSignificance
             ? text("none can show a difference (p < %g) with so few seeds", kSignificance)
         : shown.empty() ? text("none shows a difference (p < %g)", kSignificance)
                         : text("%zu show a difference (p < %g): ", shown.size(), kSignificance) +
                               joined(shown, "; ")) +
        ".");
  }
}

// --- Phase 2

bool mostly_alive(const Json& row) { return 2 * num(row, "alive") > num(row, "seeds"); }

/// Of a code that is smaller than the subject, its size is part of the name.
std::string name_of(const Json& row) {
  const std::string name = str(row, "hypothesis");
  if (!has(row, "bottleneck") || !has(row, "units") || num(row, "bottleneck") >= num(row, "units"))
    return name;
  return name + text(" by a code of %d", static_cast<int>(num(row, "bottleneck")));
}

/// Criteria that failed most often, worst first.
std::string worst_criteria(const std::vector<const Json*>& rows) {
  std::map<std::string, int> counts;
  for (const Json* row : rows) {
    for (const auto& [name, count] : list(*row, "failing").items())
      counts[name] += count.get<int>();
  }
  std::vector<std::pair<int, std::string>> order;
  for (const auto& [name, count] : counts) order.emplace_back(-count, name);
  std::ranges::sort(order);
  std::vector<std::string> names;
  for (const auto& [count, name] : order) {
    if (names.size() < 3) names.push_back(name + text(" (%d times)", -count));
  }
  return join_names(names);
}

void conclude_phase2(const Json& result, std::vector<std::string>& out) {
  const Json& rows = list(result, "phase2");
  for (const std::string& subject : subjects_of(rows)) {
    std::vector<const Json*> all;
    std::vector<std::string> alive;
    for (const Json& row : rows) {
      if (str(row, "subject") != subject) continue;
      all.push_back(&row);
      if (!mostly_alive(row)) continue;
      alive.push_back(name_of(row) + text(" (%d of %d)", static_cast<int>(num(row, "alive")),
                                          static_cast<int>(num(row, "seeds"))));
    }
    std::string sentence = alive.empty()
                               ? "No emulator of " + subject +
                                     " is Alive in most seeds; they fail by " + worst_criteria(all)
                               : "Alive on " + subject + " in most seeds: " + join_names(alive);
    if (const Json* longest = best(all, "vpt_lyapunov")) {
      sentence += ". The longest valid prediction is " +
                  text("%.2f Lyapunov times (median), by ", first(*longest, "vpt_lyapunov")) +
                  name_of(*longest);
    }
    out.push_back(sentence + ".");
  }
}

/// Where emulation breaks: one hypothesis by codes of several sizes.
void conclude_bottlenecks(const Json& result, std::vector<std::string>& out) {
  std::map<std::pair<std::string, std::string>, std::map<int, std::string>> sizes;
  for (const Json& row : list(result, "phase2")) {
    if (!has(row, "bottleneck")) continue;
    const int size = static_cast<int>(num(row, "bottleneck"));
    sizes[{str(row, "subject"), str(row, "hypothesis")}][size] =
        text("%d numbers %d of %d", size, static_cast<int>(num(row, "alive")),
             static_cast<int>(num(row, "seeds")));
  }
  for (const auto& [key, counts] : sizes) {
    if (counts.size() < 2) continue;
    std::vector<std::string> parts;
    for (const auto& [size, part] : counts) parts.push_back(part);
    out.push_back(key.first + ", " + key.second + ": Alive by codes of " + join_names(parts) + ".");
  }
}

/// Verdict counts of a row, to be compared with those of another.
std::string outcome(const Json& row) {
  return text("%g/%g/%g/%g", num(row, "alive"), num(row, "catatonic"), num(row, "seizing"),
              num(row, "zombie"));
}

/// Names each part whose presence changed no verdict count on any subject.
void conclude_parts(const Json& result, std::vector<std::string>& out) {
  const Json& rows = list(result, "phase2");
  std::set<std::string> tested, matters;
  for (const Json& with : rows) {
    const std::string name = str(with, "hypothesis");
    for (const char* part : {"fast-cache", "gru", "arousal", "local-bias", "graph"}) {
      for (const Json& without : rows) {
        if (str(without, "subject") != str(with, "subject") ||
            without.at("bottleneck") != with.at("bottleneck")) {
          continue;
        }
        const std::string other = str(without, "hypothesis");
        const bool adds = other == "slow-core" && name == std::string("slow-core+") + part;
        const bool removes = name == "all" && other == std::string("all-") + part;
        if (!adds && !removes) continue;
        tested.insert(part);
        if (outcome(with) != outcome(without)) matters.insert(part);
      }
    }
  }
  for (const std::string& part : tested) {
    if (matters.contains(part)) continue;
    out.push_back("The part " + part + " changed no verdict on any subject.");
  }
}

// --- tables

std::string failing_criteria(const Json& control) {
  std::vector<std::string> names;
  for (const Json& criterion : list(control, "criteria")) {
    if (str(criterion, "outcome") == "fails") names.push_back(str(criterion, "name"));
  }
  return names.empty() ? "-" : join_names(names);
}

std::string controls_table(const Json& rows) {
  std::vector<std::vector<std::string>> cells = {
      {"subject", "control", "expected", "verdict", "holds", "bands", "fails by"}};
  for (const Json& row : rows) {
    if (has(row, "not_applicable")) {
      cells.push_back({str(row, "subject"), str(row, "name"), "-", "not applicable", "-", "-",
                       str(row, "not_applicable")});
      continue;
    }
    cells.push_back({str(row, "subject"), str(row, "name"), str(row, "expected"),
                     str(row, "verdict"), row.at("holds").get<bool>() ? "yes" : "NO",
                     cell(row, "bands_ok", "%.0f"), failing_criteria(row)});
  }
  return table(cells);
}

std::string phase1_table(const Json& rows) {
  std::vector<std::vector<std::string>> cells = {{"subject", "noise", "policy", "estimator",
                                                  "samples", "seeds", "AUROC", "AUPRC", "base",
                                                  "sign", "SHD", "R2"}};
  for (const Json& row : rows) {
    cells.push_back({str(row, "subject"), cell(row, "noise", "%g"), str(row, "policy"),
                     str(row, "estimator") +
                         (row.at("knows_equations").get<bool>() ? " (knows the equations)" : ""),
                     cell(row, "budget", "%.0f"), cell(row, "seeds", "%.0f"), cell(row, "auroc"),
                     cell(row, "auprc"), cell(row, "base_rate"), cell(row, "sign_accuracy"),
                     cell(row, "shd", "%.0f"), cell(row, "response_r2")});
  }
  return table(cells);
}

std::string phase2_table(const Json& rows) {
  std::vector<std::vector<std::string>> cells = {{"subject", "hypothesis", "code", "state", "seeds",
                                                  "alive", "catatonic", "seizing", "zombie", "VPT",
                                                  "D_H", "D_del", "D_stsp", "touch r", "lambda"}};
  for (const Json& row : rows) {
    cells.push_back(
        {str(row, "subject"), str(row, "hypothesis"), cell(row, "bottleneck", "%.0f"),
         cell(row, "state_size", "%.0f"), cell(row, "seeds", "%.0f"), cell(row, "alive", "%.0f"),
         cell(row, "catatonic", "%.0f"), cell(row, "seizing", "%.0f"), cell(row, "zombie", "%.0f"),
         cell(row, "vpt_lyapunov", "%.2f"), cell(row, "d_h"), cell(row, "d_del"),
         cell(row, "d_stsp", "%.2f"), cell(row, "touch_r", "%.2f"), cell(row, "exponent_per_tau")});
  }
  return table(cells);
}

}  // namespace

bool controls_hold(const Json& result) {
  return std::ranges::all_of(list(result, "controls"), [](const Json& control) {
    return has(control, "not_applicable") || control.at("holds").get<bool>();
  });
}

std::vector<std::string> draw_conclusions(const Json& result) {
  std::vector<std::string> out;
  conclude_controls(result, out);
  conclude_phase2(result, out);
  conclude_bottlenecks(result, out);
  conclude_parts(result, out);
  conclude_phase1(result, out);
  conclude_interventions(result, out);
  conclude_subjects(result, out);
  return out;
}

std::string verdict_tables(const Json& result) {
  std::string out;
  if (!list(result, "controls").empty()) {
    out += "Controls\n" + controls_table(list(result, "controls")) + "\n";
  }
  if (!list(result, "phase1").empty()) {
    out += "Phase 1: causal discovery (means over seeds)\n" + phase1_table(list(result, "phase1")) +
           "\n";
  }
  if (!list(result, "phase2").empty()) {
    out += "Phase 2: emulation (VPT in Lyapunov times, median; lambda per tau)\n" +
           phase2_table(list(result, "phase2")) + "\n";
  }
  return out;
}

}  // namespace noesis
