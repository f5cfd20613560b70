"""What stands in a Redfish resource, as DMTF's schemas (DSP8010) name it. Pure: no request, no judgement.

body     the JSON of an answer
values   texts, numbers, words and MAC addresses, read tolerantly
links    links and pages as they stand in JSON
status   State and Health
fields   the kinds of property that a resource is declared of
system, storage, network, chassis, manager    the resources, declared
"""
