"""What a report is made of. A section is a function that takes a run and how many numbers its plots
may hold for each part, and returns a Section, or None where the run has nothing for it. To add one,
write it and put it in the list, at the place where it is to stand on the page.
"""

from noesis.report.sections import controls, discovery, emulation, experiments, fit, generic, glance, overview, simulation, subjects, training

SECTIONS = [
    overview.conclusions,
    simulation.words,
    simulation.activity,
    simulation.dynamics,
    glance.at_a_glance,
    experiments.at_a_glance,
    controls.table_section,
    experiments.table_section,
    experiments.differences,
    fit.table_section,
    discovery.table_section,
    emulation.table_section,
    training.agents,
    training.curves,
    subjects.plots,
    controls.plots,
    discovery.plots,
    emulation.plots,
    fit.plots,
    generic.values,
    generic.configuration,
]
