"""The service root and its services: sessions, accounts, tasks, firmware."""

from __future__ import annotations

from metalctl.lab.fleet.trees._build import CHASSIS, MANAGER, OK, ROOT, SYSTEM, Builder, link

_FIRMWARE = (
    ("Bios", "BIOS", "1.4.2"),
    ("Bmc", "BMC", "2.10.3"),
    ("Hba-0", "Storage controller", "24.15.10"),
    ("Psu-0", "PSU 1", "00.1B.53"),
    ("Psu-1", "PSU 2", "00.1B.53"),
    ("Cpld", "System CPLD", "1.0.6"),
)


def add(b: Builder) -> None:
    b.tree["/redfish"] = {"v1": f"{ROOT}/"}
    b.add(
        ROOT,
        "ServiceRoot.v1_15_0",
        "Service Root",
        RedfishVersion="1.17.0",
        UUID="5e7e5000-1a2b-4c3d-8e4f-0000000000c0",
        Product="Example BMC",
        Vendor="Example Systems",
        ProtocolFeaturesSupported={
            "ExpandQuery": {"ExpandAll": True, "Levels": True, "Links": True, "NoLinks": True, "MaxLevels": 2},
            "FilterQuery": False,
            "OnlyMemberQuery": True,
            "SelectQuery": False,
        },
        Systems=link(SYSTEM.rsplit("/", 1)[0]),
        Chassis=link(CHASSIS.rsplit("/", 1)[0]),
        Managers=link(MANAGER.rsplit("/", 1)[0]),
        SessionService=_sessions(b),
        AccountService=_accounts(b),
        Tasks=_tasks(b),
        UpdateService=_updates(b),
        Links={"Sessions": link(f"{ROOT}/SessionService/Sessions")},
    )


def _sessions(b: Builder) -> dict[str, str]:
    path = f"{ROOT}/SessionService"
    sessions = b.collect(f"{path}/Sessions", "Session")
    about = {"ServiceEnabled": True, "SessionTimeout": 1800, "Sessions": sessions, "Status": OK}
    return b.add(path, "SessionService.v1_1_8", "Session Service", **about)


def _accounts(b: Builder) -> dict[str, str]:
    path = f"{ROOT}/AccountService"
    roles = []
    for role, privileges in (
        ("Administrator", ["Login", "ConfigureManager", "ConfigureUsers", "ConfigureSelf", "ConfigureComponents"]),
        ("Operator", ["Login", "ConfigureSelf", "ConfigureComponents"]),
        ("ReadOnly", ["Login", "ConfigureSelf"]),
    ):
        roles.append(f"{path}/Roles/{role}")
        b.add(roles[-1], "Role.v1_3_1", role, RoleId=role, IsPredefined=True, AssignedPrivileges=privileges)
    account = {"UserName": "admin", "Password": None, "RoleId": "Administrator", "Enabled": True, "Locked": False}
    links = {"Role": link(roles[0])}
    b.add(f"{path}/Accounts/1", "ManagerAccount.v1_10_0", "User Account", **account, Links=links)
    return b.add(
        path,
        "AccountService.v1_13_0",
        "Account Service",
        ServiceEnabled=True,
        AccountLockoutThreshold=5,
        AccountLockoutDuration=30,
        MinPasswordLength=8,
        Accounts=b.collect(f"{path}/Accounts", "ManagerAccount", f"{path}/Accounts/1"),
        Roles=b.collect(f"{path}/Roles", "Role", *roles),
        Status=OK,
    )


def _tasks(b: Builder) -> dict[str, str]:
    path = f"{ROOT}/TaskService"
    tasks = b.collect(f"{path}/Tasks", "Task")
    return b.add(path, "TaskService.v1_2_0", "Task Service", ServiceEnabled=True, Tasks=tasks, Status=OK)


def _updates(b: Builder) -> dict[str, str]:
    path = f"{ROOT}/UpdateService"
    paths = []
    cards = [(f"Nic-{n}", f"Network Adapter {n}", nic.firmware) for n, nic in enumerate(b.server.nics)]
    for key, name, version in (*_FIRMWARE, *cards):
        paths.append(f"{path}/FirmwareInventory/{key}")
        b.add(paths[-1], "SoftwareInventory.v1_10_0", name, Version=version, Updateable=True, Status=OK)
    inventory = b.collect(f"{path}/FirmwareInventory", "SoftwareInventory", *paths)
    # Some clients read nothing of an update service without Actions; the simulator has none to offer.
    about = {"ServiceEnabled": True, "FirmwareInventory": inventory, "Actions": {}}
    return b.add(path, "UpdateService.v1_12_0", "Update Service", **about)
